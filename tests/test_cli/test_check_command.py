"""``mmgenprior check`` and the same check before a run: one line, a status, and no torch."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from mmgenprior.cli.main import main
from mmgenprior.utils.errors import ExitCode

from .conftest import ROOT, command, tool

# Runs a command in this process and tells what it imported.
_WATCHED = """
import sys, time
from mmgenprior.cli.main import main
status = main(sys.argv[1:])
heavy = {'torch', 'mmagic', 'mmcv', 'deepinv', 'scipy', 'skimage'} & set(sys.modules)
print(sorted(heavy))
print(time.process_time(), file=open('seconds', 'w'))
sys.exit(status)
"""
_SEARCH = 'iagan_toyfaces_sr4'


def watched(*words: str, cwd) -> tuple[subprocess.CompletedProcess, float]:
    """The process, and its processor seconds: what a machine without other work takes."""
    done = subprocess.run(
        [sys.executable, '-c', _WATCHED, *words],
        cwd=cwd,
        env={'PYTHONPATH': str(ROOT), 'PATH': '/usr/bin:/bin'},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done, float((cwd / 'seconds').read_text())


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['check', _SEARCH, '--cfg-options', 'model.lanes=all'], 'model.lanes must be a whole'),
        (['test', _SEARCH, '--cfg-options', 'model.restrts=3'], '(did you mean restarts'),
        (['test', 'dcgan_toyfaces'], 'it trains, use `mmgenprior train`'),
        (['train', _SEARCH], 'it restores, use `mmgenprior test`'),
        (['test', _SEARCH, '--out', 'numbers.txt'], "--out 'numbers.txt' must end in one of .json"),
        (['test', _SEARCH, '--work-dir', 'file/below'], "'file' is a file; give a folder"),
        (['test', 'other.yml'], "config 'other.yml': model is missing"),
        (['test', 'broken.yml'], "config 'broken.yml' cannot be read"),
        (['test', 'notes.txt'], "config 'notes.txt' must end in .py, or, as data, in one of"),
        (['test', 'broken.py'], "config 'broken.py': SyntaxError"),
        (
            ['invert', _SEARCH, 'out', '--cfg-options', 'default_hooks.report=None'],
            'report must',
        ),
        (['check', _SEARCH, '--cfg-options', 'modell.seed=1'], '(did you mean model'),
        (['check', _SEARCH, '--cfg-options', 'model.seed="[1,"'], '--cfg-options'),
        (
            ['check', _SEARCH, '--cfg-options', 'test_evaluator.metrics=[dict(a=1),dict(a=1,b=2)]'],
            'write dict(...) into a config of your own',
        ),
    ],
    ids=lambda words: ' '.join(words)[:60],
)
def test_a_mistake_is_one_line_without_torch(words, said, tmp_path):
    (tmp_path / 'file').write_text('')
    (tmp_path / 'other.yml').write_text('priors: {}\n')
    (tmp_path / 'broken.yml').write_text('model: [\n')
    (tmp_path / 'notes.txt').write_text('model = 3\n')
    (tmp_path / 'broken.py').write_text('model = dict(\n')
    done, took = watched(*words, cwd=tmp_path)
    *notes, line = done.stderr.strip().splitlines()
    assert done.returncode == ExitCode.USAGE, done.stderr
    assert said in line and line.startswith('error: ')
    assert all(note.startswith('note: ') for note in notes)
    assert done.stdout == '[]\n'
    assert took < 2
    print(f'{" ".join(words)}: {took:.2f} s')


def test_a_config_in_order_is_one_line_without_torch(tmp_path):
    done, took = watched('check', _SEARCH, cwd=tmp_path)
    assert done.returncode == ExitCode.OK and done.stderr == ''
    assert done.stdout == f"config '{_SEARCH}' is in order: IAGAN\n[]\n"
    assert took < 2


def test_the_door_is_quick():
    status, out, err, took = tool('check.py', _SEARCH)
    assert status == 0 and 'is in order' in out and err == ''
    assert took < 2


def test_all_mistakes_are_listed(tmp_path, capsys):
    words = ['check', _SEARCH, '--cfg-options', 'model.lanes=x', 'model.seed=y']
    assert main(words) is ExitCode.USAGE
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if 'model.lanes' in line and 'error' in line]
    assert [line for line in lines if 'model.seed' in line and 'error' in line]


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        (['test_dataloader.dataset.degradation.physics.factor=7'], 'a factor that divides 64'),
        (['test_dataloader.dataset.degradation.physics.factor=128'], 'shorter than the factor'),
        (['model.stages.IAGAN.blocks=30'], 'model.stages.IAGAN.blocks: 30 blocks, but'),
        (['model.prior.name=pggan_celeba_128'], 'the generator makes 128×128'),
        (['model.prior.latent=gaussian'], "model.prior: latent='gaussian' is unknown"),
        ([], None),
    ],
)
def test_what_needs_the_model_is_found_without_weights(options, said, capsys, monkeypatch):
    monkeypatch.setenv('MGP_PRIOR_ROOT', '/nonexistent')
    words = [*(['--cfg-options', *options] if options else []), '--model']
    status = main(['check', _SEARCH, *words])
    err = capsys.readouterr().err.splitlines()
    if said is None:
        assert status is ExitCode.OK
    else:
        assert status is ExitCode.USAGE and said in err[-1] and err[-1].startswith('error: ')


@pytest.mark.slow
def test_a_run_stops_before_the_search(tmp_path):
    options = ['test_dataloader.dataset.degradation.physics.factor=7']
    done = command('test', _SEARCH, '--cfg-options', *options, cwd=tmp_path)
    assert done.returncode == ExitCode.USAGE and 'Traceback' not in done.stderr
    assert 'choose a factor that divides 64' in done.stderr.splitlines()[-1]
    assert not (tmp_path / 'work_dirs' / _SEARCH / 'restored').exists()


def test_a_file_of_data_is_a_config(tmp_path, capsys):
    (tmp_path / 'mine.yml').write_text(
        f'_base_: {_SEARCH}\nmodel: {{stages: {{CSGM: {{latent_lr: 1e-2}}}}, seed: 3}}\n'
    )
    (tmp_path / 'again.json').write_text(json.dumps({'_base_': ['mine.yml'], 'model': {'seed': 4}}))
    for name in ('mine.yml', 'again.json'):
        assert main(['check', '--data-only', str(tmp_path / name)]) is ExitCode.OK
    assert main(['check', '--data-only', str(ROOT / 'configs' / f'{_SEARCH}.py')]) == 2
    assert 'is a program' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('model: {type: os.system, command: touch x}', "model.type: 'os.system' is no type"),
        ('model: {type: IAGAN, start: {type: subprocess.run}}', 'model.start.type'),
        ('test_dataloader: {collate_fn: {type: os.abort}}', 'collate_fn.type'),
        ('optim_wrapper: {constructor: os.abort}', 'optim_wrapper.constructor'),
        ('custom_imports: {imports: [antigravity]}', "custom_imports: 'antigravity' is code"),
        ('default_scope: evil', "default_scope: 'evil'"),
        ('model: {_scope_: evil}', "model._scope_: 'evil'"),
        ('model: !!python/object/apply:os.abort []', 'cannot be read'),
        ('model: &a {type: IAGAN}\nother: *a', 'aliases are not read'),
        ('model: {}\nmodel: {}', "'model' is given twice"),
        ('1: 2', 'the key 1 is no text'),
        ('- 1', 'must hold keys and values'),
        ('_base_: ../elsewhere', 'is neither a data file nor one of our configs'),
        ('_base_: self.yml', 'nested too deep'),
        ('_base_: 3', '_base_ must be a name'),
        ('_base_: iagan_toyfaces_sr4\nmodel: 3', 'must be'),
        ('a: ' + '[' * 3000, 'cannot be read'),
        ('\x00', 'cannot be read'),
    ],
)
def test_a_file_of_data_runs_nothing(text, said, tmp_path, capsys):
    path = tmp_path / 'self.yml'
    path.write_text(text)
    assert main(['check', '--data-only', str(path)]) is ExitCode.USAGE
    assert said in capsys.readouterr().err.strip().splitlines()[-1]
