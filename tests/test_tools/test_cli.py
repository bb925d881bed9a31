"""The command line: quick answers, one clear line per error, settings where they belong."""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mmgenprior.utils.explain import explain
from mmgenprior.utils.launch import free_threads, process_variables

from mmgenprior.utils import cli
from mmgenprior.utils.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
default_scope = 'mmagic'
model = dict(type='IAGAN', prior=dict(type='BEGANPrior', checkpoint=None), seed=0)
test_dataloader = dict(dataset=dict(pipeline=[dict(type='A'), dict(type='B')]))
"""


def tool(name: str, *args: str, cwd: Path = ROOT, **environ: str) -> tuple[int, str, str, float]:
    """Status, stdout, stderr and seconds of one call, from the better of two tries."""
    env = {k: v for k, v in os.environ.items() if not k.startswith('MGP_')} | environ
    command = [sys.executable, str(ROOT / 'tools' / name), *args]
    best = None
    for _ in range(2):
        start = time.perf_counter()
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
        took = time.perf_counter() - start
        if best is None or took < best[3]:
            best = (done.returncode, done.stdout, done.stderr, took)
        if took < 2:
            break
    return best


def test_tools_answer_within_two_seconds():
    for name, own in (('test.py', '--out'), ('train.py', '--resume')):
        status, out, _, took = tool(name, '--help')
        assert status == 0 and took < 2
        flags = ('--work-dir', '--cfg-options', '--launcher', '--local_rank', '--local-rank', own)
        assert all(flag in out for flag in flags)

        status, out, err, took = tool(name, 'configs/no_such_config.py')
        assert status == 1 and took < 2
        assert err.count('\n') == 1 and err.startswith("error: config 'configs/no_such_config.py'")

        status, _, err, took = tool(name, 'x.py', '--cfg-options', 'no-equals-sign')
        assert status == 2 and took < 2 and "'no-equals-sign'" in err


def test_misspelt_config_names_the_nearest(tmp_path):
    (tmp_path / 'iagan_faces_sr4.py').write_text('')
    (tmp_path / 'other.py').write_text('')
    _, _, err, _ = tool('test.py', str(tmp_path / 'iagan_face_sr4.py'))
    assert 'iagan_faces_sr4' in err and 'other' not in err


def test_own_config_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = sorted((ROOT / 'configs').glob('*.py'))[0].stem
    for given in (name, f'{name}.py', f'configs/{name}.py', f'configs/{name}'):
        assert cli.find_config(given) == ROOT / 'configs' / f'{name}.py'
    for given in (f'config/{name}.py', f'./elsewhere/{name}', name[:-1]):
        with pytest.raises(UserError, match='not found'):
            cli.find_config(given)


def test_errors_are_one_line_until_debug(tmp_path):
    config = tmp_path / 'broken.py'
    config.write_text('model = dict(\n')
    status, _, err, _ = tool('test.py', str(config))
    assert status == 1 and err.count('\n') == 1 and str(config) in err and 'SyntaxError' in err
    for status, _, err, _ in (
        tool('test.py', str(config), '--debug'),
        tool('test.py', str(config), MGP_DEBUG='1'),
    ):
        assert status == 1 and 'Traceback' in err

    config.write_text(CONFIG)
    status, _, err, _ = tool('test.py', str(config), 'missing.pth')
    assert status == 1 and err.count('\n') == 1
    assert err.startswith("error: checkpoint 'missing.pth' not found: put it in ")
    status, _, err, _ = tool('train.py', str(config))
    assert status == 1 and err.count('\n') == 1 and 'train_cfg' in err


def arguments(config: Path, *args: str) -> argparse.Namespace:
    return cli.argument_parser('').parse_args([str(config), *args])


def test_work_dir_comes_from_the_command_line_then_the_config_then_its_name(tmp_path):
    config = tmp_path / 'thing.py'
    config.write_text(CONFIG)
    assert Path(cli.load_config(arguments(config)).work_dir) == Path('work_dirs/thing')
    config.write_text(CONFIG + "work_dir = 'mine'\n")
    assert cli.load_config(arguments(config)).work_dir == 'mine'
    assert cli.load_config(arguments(config, '--work-dir', 'yours')).work_dir == 'yours'


def test_checkpoint_goes_to_the_prior_or_to_the_model(tmp_path):
    weights = tmp_path / 'w.pth'
    weights.touch()
    config = tmp_path / 'thing.py'
    config.write_text(CONFIG)
    cfg = cli.load_config(arguments(config))
    for absent in (None, 'none', 'None'):
        cli.set_checkpoint(cfg, absent)
        assert cfg.model.prior.checkpoint is None and cfg.get('load_from') is None
    cli.set_checkpoint(cfg, str(weights))
    assert cfg.model.prior.checkpoint == str(weights) and cfg.get('load_from') is None

    config.write_text("model = dict(type='DCGAN')\n")
    cfg = cli.load_config(arguments(config))
    cli.set_checkpoint(cfg, str(weights))
    assert cfg.load_from == str(weights)


def test_overrides_are_typed_and_misspelt_ones_caught(tmp_path, capsys):
    config = tmp_path / 'thing.py'
    config.write_text(CONFIG)

    def load(*options):
        return cli.load_config(arguments(config, '--cfg-options', *options))

    cfg = load('model.seed=7', 'test_dataloader.dataset.pipeline.1.type=C', 'randomness.seed=3')
    assert cfg.model.seed == 7 and cfg.randomness.seed == 3
    assert [t.type for t in cfg.test_dataloader.dataset.pipeline] == ['A', 'C']
    assert capsys.readouterr().err == ''

    assert load('model.sed=[1,2]').model.sed == [1, 2]
    assert capsys.readouterr().err == (
        "note: --cfg-options adds 'sed' to 'model' (did you mean seed?)\n"
    )
    for option, message in {
        'modell.seed=1': r"no 'modell' \(did you mean model\?\)",
        'model.seed.x=1': "'model.seed' is a single value",
        'test_dataloader.dataset.pipeline.2.type=C': r"'2' is not an index in 0\.\.1",
    }.items():
        with pytest.raises(UserError, match=message):
            load(option)


def test_which_errors_are_the_users():
    worker = 'Caught UserError in DataLoader worker process 0.\n  File x\nm.UserError: bad y'
    assert explain(UserError(worker)) == 'bad y'
    assert (
        explain(FileNotFoundError(2, 'No such file', 'a.png')) == "[Errno 2] No such file: 'a.png'"
    )
    refused = explain(pickle.UnpicklingError('Unsupported global: GLOBAL posix.system was not'))
    assert "'posix.system'" in refused
    assert 'torchfoo' in explain(ModuleNotFoundError('no', name='torchfoo.x'))
    # Ours to mend: they keep their traceback.
    for bug in (ModuleNotFoundError('no', name='mmgenprior.x'), KeyError('x'), TypeError('x')):
        assert explain(bug) is None
    assert explain(ValueError('x')) is None


def test_a_wrong_type_or_argument_in_a_config_is_the_users():
    from mmengine.registry import Registry

    registry = Registry('thing')

    @registry.register_module()
    class Thing:
        def __init__(self, size):
            # A fault of the component itself, not of the config.
            dict(**{'a': 1}).__init__(1, 2)

    @registry.register_module()
    class Child(Thing):
        def __init__(self, count=1, **kwargs):
            if count < 1:
                raise ValueError(f'Child: count={count} must be at least 1')
            super().__init__(**kwargs)

    for cfg, expected in (
        (dict(type='Thing', sise=1), 'config: Thing.__init__() got an unexpected'),
        (dict(type='Thing'), "config: Thing.__init__() missing 1 required positional argument: 's"),
        (dict(type='Thing', size=1), None),
        (dict(type='Child', sise=1), 'config: Thing.__init__() got an unexpected'),
    ):
        with pytest.raises(TypeError) as caught:
            registry.build(cfg)
        line = explain(caught.value)
        assert line is None if expected is None else '__init__() ' in line and 'config: ' in line
    with pytest.raises(ValueError) as caught:
        registry.build(dict(type='Child', count=0))
    assert explain(caught.value) == 'config: Child: count=0 must be at least 1'


def test_threads_do_not_depend_on_the_number_of_processes():
    started = dict(TORCHELASTIC_RUN_ID='1', OMP_NUM_THREADS='1')
    free_threads(started)
    assert 'OMP_NUM_THREADS' not in started
    alone = dict(OMP_NUM_THREADS='1')
    free_threads(alone)
    assert alone == dict(OMP_NUM_THREADS='1')
    wanted = dict(TORCHELASTIC_RUN_ID='1', OMP_NUM_THREADS='1', MGP_NUM_THREADS='3')
    free_threads(wanted)
    assert wanted['OMP_NUM_THREADS'] == wanted['MKL_NUM_THREADS'] == '3'
    with pytest.raises(UserError, match='MGP_NUM_THREADS'):
        free_threads(dict(MGP_NUM_THREADS='many'))


def test_a_process_knows_its_place():
    environ = dict(SLURM_PROCID='3', SLURM_NTASKS='4', SLURM_LOCALID='1', MASTER_ADDR='node1')
    process_variables('slurm', environ)
    assert (environ['RANK'], environ['WORLD_SIZE'], environ['LOCAL_RANK']) == ('3', '4', '1')
    assert environ['MASTER_ADDR'] == 'node1' and environ['MASTER_PORT'] == '29500'
    for launcher in ('pytorch', 'slurm', 'mpi'):
        with pytest.raises(UserError, match=f'--launcher {launcher}: .* is not set'):
            process_variables(launcher, {})


@pytest.mark.parametrize('script', ['dist_test.sh', 'dist_train.sh', 'slurm_test.sh'])
def test_launch_scripts_say_how_to_call_them(script):
    done = subprocess.run(
        ['bash', str(ROOT / 'tools' / script), 'config.py'], capture_output=True, text=True
    )
    assert done.returncode != 0 and f'usage: {script}' in done.stderr


def test_dist_test_passes_its_arguments_on(tmp_path):
    """The launcher is replaced by echo: what reaches it is looked at, not run."""
    echo = tmp_path / 'python'
    echo.write_text('#!/bin/sh\necho "$MGP_NUM_THREADS $@"\n')
    echo.chmod(0o755)

    def launched(*args, **environ):
        env = dict(PATH=os.environ['PATH'], PYTHON=str(echo), **environ)
        command = ['bash', str(ROOT / 'tools' / 'dist_test.sh'), *args]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout

    out = launched('c.py', '2', '--work-dir', 'a b')
    assert '--standalone --nproc_per_node=2' in out
    assert out.strip().endswith('test.py c.py none --launcher pytorch --work-dir a b')
    out = launched('c.py', 'w.pth', '4', PORT='1234', OMP_NUM_THREADS='5')
    assert '--master_port=1234' in out and '--nproc_per_node=4' in out
    assert out.startswith('5 ') and ' c.py w.pth --launcher pytorch' in out


def test_invert_says_what_it_cannot_do_before_it_starts(tmp_path):
    status, _, err, _ = tool('invert.py', 'bigprior_lsunbedroom_color', 'x', cwd=tmp_path)
    assert status == 1 and 'fuses stored inversions' in err and 'mganprior_*' in err
    assert 'Traceback' not in err and not (tmp_path / 'x').exists()
    (tmp_path / 'file').write_text('')
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / 'prior').write_text('')
    for out, named in (('file/x', 'file/x/input'), ('/proc/x', '/proc/x/input'), ('out',) * 2):
        status, _, err, _ = tool('invert.py', 'mganprior_toyfaces_color', out, cwd=tmp_path)
        line = err.splitlines()[-1]
        assert status == 1 and line.startswith(f"error: cannot make the folder '{named}")
        assert 'give as OUT' in line and 'Traceback' not in err
    assert 'prior' in line and 'it is a file' in line
