"""What gets installed, and the set-up of the clone's own environment."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import mmgenprior
from mmgenprior.weights.catalogue import BUNDLED, PACKAGED

ROOT = Path(__file__).resolve().parents[1]
INDEX = 'model-index.yml'


@pytest.fixture(scope='module')
def source(tmp_path_factory) -> Path:
    """A copy of what a clone holds, so that a build leaves nothing behind."""
    target = tmp_path_factory.mktemp('clone')
    for name in ('setup.py', 'pyproject.toml', 'MANIFEST.in', 'LICENSE', 'README.md', INDEX):
        shutil.copy2(ROOT / name, target)
    ignore = shutil.ignore_patterns('__pycache__')
    for name in ('mmgenprior', 'configs', 'tools'):
        shutil.copytree(ROOT / name, target / name, ignore=ignore)
    return target


def build(source: Path, what: str, target: Path, **environ: str) -> Path:
    """Build with the build backend itself: no installer, no network."""
    pytest.importorskip('setuptools')
    code = f'import setuptools.build_meta as b; b.build_{what}({str(target)!r})'
    command = [sys.executable, '-c', code]
    env = dict(os.environ, **environ)
    done = subprocess.run(command, cwd=source, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope='module')
def wheel(source, tmp_path_factory) -> zipfile.ZipFile:
    # A module that is gone from the sources must not come back from an old build folder.
    stale = source / 'build' / 'lib' / 'mmgenprior' / 'stale.py'
    stale.parent.mkdir(parents=True)
    stale.touch()
    return zipfile.ZipFile(build(source, 'wheel', tmp_path_factory.mktemp('wheel')))


def metadata(wheel: zipfile.ZipFile) -> str:
    return wheel.read(next(n for n in wheel.namelist() if n.endswith('/METADATA'))).decode()


def files(folder: str, *patterns: str) -> set[str]:
    return {
        str(p.relative_to(ROOT))
        for pattern in patterns
        for p in (ROOT / folder).rglob(pattern)
        if '__pycache__' not in p.parts
    }


def test_wheel_holds_modules_configs_and_tools(wheel):
    names = set(wheel.namelist())
    assert files('mmgenprior', '*.py') <= names
    for catalogue in (PACKAGED, BUNDLED):
        assert str(catalogue.relative_to(ROOT)) in names
    assert files(str(BUNDLED.parent.relative_to(ROOT)), '*.*') <= names
    carried = files('configs', '*.py') | files('tools', '*.py', '*.sh') | {INDEX}
    assert {f'mmgenprior/.mim/{name}' for name in carried} <= names
    assert not [n for n in names if 'stale' in n or n.startswith(('tests/', 'configs/', 'tools/'))]


def test_installed_copy_works_from_any_folder(wheel, tmp_path):
    wheel.extractall(tmp_path / 'site')
    code = (
        'import mmgenprior; from mmgenprior.cli.configs import find_config\n'
        'print(mmgenprior.__file__, find_config("iagan_toyfaces_sr4"), sep="\\n")'
    )
    done = subprocess.run(
        [sys.executable, '-c', code],
        cwd=tmp_path,
        env=dict(os.environ, PYTHONPATH=str(tmp_path / 'site')),
        capture_output=True,
        text=True,
        check=True,
    )
    package, config = map(Path, done.stdout.split())
    assert package.is_relative_to(tmp_path)
    assert config == package.parent / '.mim' / 'configs' / 'iagan_toyfaces_sr4.py'
    # As `mim test mmgenprior CONFIG` does.
    for name in ('test.py', 'train.py'):
        words = [sys.executable, package.parent / '.mim' / 'tools' / name]
        done = subprocess.run(
            [*words, 'iagan_toyfaces_sr'],
            cwd=tmp_path,
            env=dict(os.environ, PYTHONPATH=str(tmp_path / 'site')),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1 and 'did you mean iagan_toyfaces_sr4' in done.stderr


def test_config_names_are_unique():
    """`mim` finds a config by its base name."""
    names = [p.stem for p in (ROOT / 'configs').glob('*.py')]
    assert names and len(names) == len(set(names))


def test_sdist_builds_the_same_wheel(source, wheel, tmp_path):
    import tarfile

    (tmp_path / 'sdist').mkdir()
    with tarfile.open(build(source, 'sdist', tmp_path / 'sdist')) as archive:
        members = {n.partition('/')[2] for n in archive.getnames()}
    assert files('configs', '*.py') | files('tools', '*.py', '*.sh') | {'LICENSE'} <= members


def test_metadata(wheel):
    text = metadata(wheel)
    assert f'\nVersion: {mmgenprior.__version__}\n' in text
    assert re.search(r'^License(-Expression)?: Apache-2.0$', text, re.M)
    required = re.findall(r'^Requires-Dist: ([\w.-]+)(?!.*extra ==)', text, re.M)
    assert {'mmengine', 'mmagic', 'mmpretrain', 'torch', 'torchvision', 'deepinv'} <= set(required)
    assert {'filelock', 'safetensors'} <= set(required)
    scripts = next(n for n in wheel.namelist() if n.endswith('/entry_points.txt'))
    assert 'mmgenprior = mmgenprior.cli.main:main' in wheel.read(scripts).decode()


@pytest.mark.parametrize('choice', ['full', 'lite'])
def test_either_mmcv(source, tmp_path, choice):
    built = build(source, 'wheel', tmp_path, MGP_MMCV=choice)
    assert ('Requires-Dist: mmcv-lite' in metadata(zipfile.ZipFile(built))) == (choice == 'lite')


# --- the clone's own environment ---------------------------------------------------


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """tools/_environment.py on an empty folder, with the installation itself recorded."""
    spec = importlib.util.spec_from_file_location('_environment', ROOT / 'tools/_environment.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in module.INPUTS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    for name in ('VENV', 'PYTHON', 'STAMP', 'LOCK'):
        monkeypatch.setattr(module, name, tmp_path / getattr(module, name).relative_to(ROOT))
    monkeypatch.setattr(module, 'ROOT', tmp_path)
    module.installed = []
    monkeypatch.setattr(module, 'install', lambda: module.installed.append(1))
    return module


def test_environment_is_made_once_and_again_when_something_changed(environment):
    environment.main()
    assert environment.PYTHON.exists() and environment.installed == [1]
    environment.main()
    assert environment.installed == [1]
    with (environment.ROOT / 'setup.py').open('a') as file:
        file.write('\n')
    environment.main()
    assert environment.installed == [1, 1]
    # A broken environment is replaced, an interrupted installation repeated.
    environment.PYTHON.unlink()
    environment.main()
    assert environment.installed == [1, 1, 1] and environment.usable()
    environment.STAMP.unlink()
    environment.main()
    assert environment.installed == [1, 1, 1, 1]


def test_environment_waits_for_another_setup(environment):
    environment.VENV.mkdir()
    with environment.LOCK.open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = subprocess.Popen(
            [sys.executable, str(environment.ROOT / 'tools' / '_environment.py')],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert 'waiting' in waiting.stderr.readline()
        # Let it find everything done.
        environment.PYTHON.parent.mkdir()
        environment.PYTHON.touch()
        environment.STAMP.write_text(environment.fingerprint())
    assert waiting.wait(timeout=20) == 0
    waiting.stderr.close()


@pytest.mark.parametrize(
    'output, expected',
    [
        ('error: No space left on device (os error 28)', 'disk is full'),
        ('Temporary failure in name resolution: Connection failed', 'registry was not reached'),
        ('No solution found when resolving', 'see above'),
    ],
)
def test_failure_lines(environment, output, expected):
    assert expected in environment.reason(output)


def test_no_python_is_said_in_one_line(tmp_path):
    for tool in ('bash', 'dirname'):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    done = subprocess.run(
        ['bash', str(ROOT / 'tools' / 'run_tests.sh')],
        env=dict(PATH=str(tmp_path), HOME=str(tmp_path)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith('error: no Python 3.10 or newer') and done.stderr.count('\n') == 1
