"""mmgenprior doctor, also where packages are broken or missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmgenprior.cli.doctor.findings import BAD, GOOD, NOTE, Finding, examined
from mmgenprior.cli.doctor.imports import look_at_imports
from mmgenprior.cli.doctor.machine import available_memory, look_at_machine
from mmgenprior.cli.doctor.packages import fits, installed, look_at_extras, look_at_packages
from mmgenprior.cli.doctor.weights import look_at_weights
from mmgenprior.cli.main import main
from mmgenprior.requirements import REQUIRED, needed
from mmgenprior.utils.errors import ExitCode

from .conftest import ROOT


def doctor(*words, python_path=(), **environ):
    """Status, findings by name, stderr."""
    env = {k: v for k, v in os.environ.items() if not k.startswith('MGP_')} | environ
    env['PYTHONPATH'] = os.pathsep.join(map(str, [*python_path, ROOT]))
    done = subprocess.run(
        [sys.executable, '-m', 'mmgenprior', 'doctor', '--json', *words],
        env=env,
        capture_output=True,
        text=True,
    )
    content = json.loads(done.stdout)
    assert content['ok'] == (done.returncode == 0)
    return done.returncode, {f['name']: f for f in content['findings']}, done.stderr


def test_this_environment_is_in_order(tmp_path):
    status, found, err = doctor(MGP_PRIOR_ROOT=str(tmp_path / 'none'))
    assert (status, err) == (0, '')
    assert {f['status'] for f in found.values()} <= {GOOD, NOTE}
    assert found['torch']['said'].endswith('(>=2.2)')
    (imports,) = (f for name, f in found.items() if 'cv2' in name)
    assert 'torch' in imports['name']
    assert {'processor', 'mmcv ops', 'memory', 'tests'} <= set(found)
    (weights,) = (f for name, f in found.items() if 'dcgan_toyfaces' in name)
    assert weights['status'] == GOOD


def test_opencv_is_of_one_version():
    """Its packages lie in one folder, whichever was laid last on top."""
    import cv2

    found = {name: version for name, version in installed().items() if name.startswith('opencv-')}
    assert {version.rsplit('.', 1)[0] for version in found.values()} == {cv2.__version__}
    assert {'opencv-python', 'opencv-python-headless', 'opencv-contrib-python'} <= set(found)


def test_broken_and_missing_packages_are_named(tmp_path):
    """A package that raises, one that ends Python, one that is too old, one that is half there."""
    for name, code in (
        ('torchvision', 'raise ImportError("undefined symbol: _ZN3c10")'),
        ('mmcv', 'import os; os.abort()'),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / '__init__.py').write_text(code)
    for folder, text in (
        ('lpips-0.0.1.dist-info', 'Name: lpips\nVersion: 0.0.1\n'),
        ('deepinv-0.1.dist-info', 'Name: deepinv\nVersion: 0.1\n'),
        ('rich-9.dist-info', ''),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / 'METADATA').write_text(text)
    status, found, err = doctor(python_path=[tmp_path], MGP_CATALOGUE=str(tmp_path / 'none.yml'))
    assert status == ExitCode.ERROR and err.count('\n') == 1 and err.startswith('error: ')
    assert 'undefined symbol' in found['torchvision']['said']
    assert found['mmcv']['status'] == BAD and 'signal 6' in found['mmcv']['said']
    assert 'force-reinstall' in found['mmcv']['fix']
    assert found['deepinv']['said'] == '0.1, needed is >=0.5'
    assert found['deepinv']['fix'] == "pip install 'deepinv>=0.5'"
    assert found['lpips']['status'] == GOOD and found['rich']['status'] == GOOD
    assert 'MGP_CATALOGUE: there is no file' in found['weights']['said']
    for name in ('torchvision', 'mmcv', 'deepinv', 'MGP_CATALOGUE'):
        assert name in err


def test_it_answers_where_nothing_is_installed(tmp_path):
    """With the standard library alone."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(('MGP_', 'PYTHON'))}
    code = (
        'import sys, runpy\n'
        f'sys.path[:] = [p for p in sys.path if "site-packages" not in p] + [{str(ROOT)!r}]\n'
        'from mmgenprior.cli.main import main\n'
        'sys.exit(main(["doctor"]))'
    )
    done = subprocess.run(
        [sys.executable, '-S', '-c', code], env=env, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == ExitCode.ERROR, done.stderr
    assert 'Traceback' not in done.stdout + done.stderr
    assert "✗ mmagic: is not installed → pip install 'mmagic>=1.2.0,<1.3'" in done.stdout
    assert done.stderr.count('\n') == 1 and 'things will not work: ' in done.stderr


def test_a_weight_file_that_is_another_one(tmp_path, monkeypatch):
    monkeypatch.setenv('MGP_PRIOR_ROOT', str(tmp_path))
    entry = {
        'about': 'a prior',
        'file': 'mine.pth',
        'sha256': '0123456789abcdef',
        'prior': {'type': 'DCGANPrior', 'generator': {'type': 'DCGANGenerator'}},
    }
    own = tmp_path / 'own.yml'
    own.write_text(json.dumps({'base': 'http://127.0.0.1', 'priors': {'mine': entry}}))
    monkeypatch.setenv('MGP_CATALOGUE', str(own))
    assert 'mine' not in ' '.join(f.name for f in look_at_weights() if f.status == BAD)
    (tmp_path / 'mine.pth').write_bytes(b'something else')
    (tmp_path / 'big.pth.part').write_bytes(bytes(2_000_000))
    found = {f.name: f for f in look_at_weights()}
    assert found['mine'].status == BAD and found['mine'].fix == 'mmgenprior download --force mine'
    assert found['big.pth.part'].status == NOTE and '2 MB' in found['big.pth.part'].said


def test_folders_and_variables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {
        f.name: f
        for f in look_at_machine(
            {
                'MGP_DATA_ROOT': str(tmp_path / 'none'),
                'MGP_PRIOR_ROOT': str(tmp_path / 'later'),
                'MGP_PHI_CHECKPOINT': str(tmp_path),
            }
        )
    }
    assert (
        found['MGP_DATA_ROOT'].status == BAD and 'there is no folder' in found['MGP_DATA_ROOT'].said
    )
    assert found['MGP_PRIOR_ROOT'].status == NOTE and found['MGP_PHI_CHECKPOINT'].status == BAD
    assert found['current folder'].status in (GOOD, NOTE)
    assert available_memory() > 10**7


def test_a_look_that_fails_is_a_finding():
    def look():
        yield Finding('a', 'one', GOOD, 'fine')
        raise RuntimeError('something\nodd')

    good, bad = examined('a', look)
    assert good.line == '✓ one: fine'
    assert bad.status == BAD and 'RuntimeError: something odd' in bad.line


def test_ranges():
    assert fits('2.15.0', '>=2.2') and not fits('2.1', '>=2.2') and fits('odd', '>=2.2')
    assert fits('2.7.0+cu126', '>=2.2') and fits('1', '')
    assert set(REQUIRED) < set(needed({}, 'lite')) and 'mmcv-lite' not in needed({}, 'full')
    old = needed({'torch': '2.2.1'}, 'full')
    assert old['numpy'] == '>=1.26,<2' and 'diffusers' in old


def test_every_extra_is_looked_at():
    import tomllib

    project = tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']
    names = {f.name for f in look_at_extras()}
    assert names == set(project['optional-dependencies']) - {'old-torch'}
    assert all(f.status != BAD for f in look_at_packages())


@pytest.mark.slow
def test_deep(capsys):
    assert main(['doctor', '--deep']) == ExitCode.OK
    out = capsys.readouterr().out
    assert 'a face was drawn' in out and out.endswith('Nothing is in the way of a restoration.\n')


def test_the_probe_tells_how_far_it_came(monkeypatch, tmp_path):
    from mmgenprior.cli.doctor import imports

    fake = tmp_path / 'probe.py'
    fake.write_text(
        'import json, sys\nprint(json.dumps(dict(trying="torch")), flush=True)\nprint("noise")\n'
        'sys.exit(7)'
    )
    monkeypatch.setattr(imports, '_PROBE', Path(fake))
    (bad,) = look_at_imports()
    assert bad.status == BAD and bad.name == 'torch' and 'status 7' in bad.said
