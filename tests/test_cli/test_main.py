"""The entry point and its doors: what they list, how quickly they answer, how they exit."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mmgenprior
from mmgenprior.cli import commands
from mmgenprior.cli.arguments import UsageError
from mmgenprior.cli.commands import COMMANDS
from mmgenprior.cli.main import main, run_command
from mmgenprior.cli.run import run
from mmgenprior.utils.errors import ExitCode, UserError
from mmgenprior.utils.signals import Terminated

from .conftest import ROOT, command, tool
from .test_configs import CONFIG, arguments

TOOLS = ROOT / 'tools'
# The other scripts are about the package: they disturb and compare its runs.
DOORS = [
    script.stem.replace('_', '-')
    for script in sorted(TOOLS.glob('[!_]*.py'))
    if '_door' in script.read_text(encoding='utf-8')
]


def said_by_help(capsys, *words: str) -> str:
    """What ``--help`` prints, without the breaks of its lines."""
    with pytest.raises(SystemExit) as done:
        main([*words, '--help'])
    assert done.value.code == ExitCode.OK
    return ' '.join(capsys.readouterr().out.split())


def test_every_command_is_a_module_and_every_door_a_command():
    modules = {p.stem for p in Path(commands.__file__).parent.glob('[!_]*.py')}
    assert {name.replace('-', '_') for name in COMMANDS} == modules
    # `mim test` and `mim train` run two scripts by their path.
    assert {'test', 'train'} <= set(DOORS) <= set(COMMANDS)


def test_help_lists_every_command_with_a_line(tmp_path):
    done = command('--help', cwd=tmp_path)
    assert done.returncode == ExitCode.OK
    lines = [' '.join(line.split()) for line in done.stdout.splitlines()]
    for name, about in COMMANDS.items():
        assert f'{name} {about}' in lines
    assert command('--version', cwd=tmp_path).stdout == f'mmgenprior {mmgenprior.__version__}\n'


@pytest.mark.parametrize('name', DOORS)
def test_a_door_is_its_command(name, capsys, tmp_path):
    script = TOOLS / f'{name.replace("-", "_")}.py'
    done = subprocess.run(
        [sys.executable, script, '--help'], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == ExitCode.OK and done.stderr == ''
    text = done.stdout.replace(f'usage: {script.name}', f'usage: mmgenprior {name}')
    text = ' '.join(text.split())
    assert text == said_by_help(capsys, name)
    if name != 'manipulate':  # where each task has its own
        assert '--debug' in text


def test_help_needs_no_framework():
    code = """
import sys
from mmgenprior.cli.main import main
for words in [[], *([name] for name in sys.argv[1:])]:
    try:
        main([*words, '--help'])
    except SystemExit as done:
        assert done.code == 0
assert not {'torch', 'mmengine', 'mmagic', 'numpy'} & set(sys.modules)
"""
    done = subprocess.run(
        [sys.executable, '-c', code, *COMMANDS], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['tset', 'x.py'], "there is no command 'tset' (did you mean test?)"),
        (['--', 'xyz'], "there is no command 'xyz'"),
        (['--nonsense'], 'required: COMMAND'),
        (['test'], 'required: config'),
        (['test', 'x.py', '--cfg-options', '=1'], "--cfg-options: '=1' is not of the form KEY"),
        (['download'], 'give the NAME of a prior, --list'),
        (['render-toyfaces', 'x', '--count', '0'], 'must be at least 1'),
    ],
)
def test_usage_errors(words, said, capsys):
    with pytest.raises(SystemExit) as done:
        main(words)
    assert done.value.code == ExitCode.USAGE
    text = capsys.readouterr().err
    assert text.startswith('usage: mmgenprior') and said in text.splitlines()[-1]


def test_exit_codes(tmp_path, capsys, monkeypatch):
    config = tmp_path / 'c.py'
    config.write_text(CONFIG)
    args = arguments(config)

    def after(error=None, args=args):
        def work(args):
            if error is not None:
                raise error

        return run(work, args)

    monkeypatch.setenv('MGP_DEBUG', '0')
    assert after() is ExitCode.OK
    assert after(UserError('file x: mend it')) is ExitCode.ERROR
    assert capsys.readouterr().err == 'error: file x: mend it\n'
    assert after(KeyboardInterrupt()) is ExitCode.INTERRUPTED == 130
    for error in (ZeroDivisionError('ours to mend'), UsageError('for the parser')):
        with pytest.raises(type(error)):
            after(error)
    with pytest.raises(UserError):
        after(UserError('x'), arguments(config, '--debug'))
    monkeypatch.setenv('MGP_DEBUG', '1')
    with pytest.raises(UserError):
        after(UserError('x'))


@pytest.mark.parametrize(
    ('ended', 'code'),
    [(KeyboardInterrupt, ExitCode.INTERRUPTED), (Terminated, ExitCode.TERMINATED)],
)
def test_an_end_that_a_library_calls_an_error_is_still_an_end(ended, code):
    def work(_args):
        try:
            raise ended
        except:  # noqa: E722  (as MMEngine does while it formats a config)
            raise SyntaxError('failed to format')  # noqa: B904

    assert run(work, argparse.Namespace(debug=False)) == code


def test_what_went_wrong_after_ctrl_c_is_said(capsys):
    def work(_args):
        try:
            raise KeyboardInterrupt
        finally:
            raise UserError('the disk is full')

    assert run(work, argparse.Namespace(debug=False)) == ExitCode.ERROR
    assert capsys.readouterr().err == 'error: the disk is full\n'


@pytest.mark.parametrize('enter', [lambda: main(['test']), lambda: run_command('test')])
def test_ctrl_c_before_a_command_has_begun(enter, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr('mmgenprior.cli.main._fill', interrupted)
    assert enter() == ExitCode.INTERRUPTED


def test_a_process_exits_with_the_code(tmp_path):
    done = command('test', 'no_such_config', cwd=tmp_path)
    assert done.returncode == ExitCode.ERROR and done.stdout == ''
    assert done.stderr.count('\n') == 1
    assert done.stderr.startswith("error: config 'no_such_config' not found")


def test_scripts_use_their_own_clone_and_hide_no_module(tmp_path):
    """The package beside the script comes first; the script's folder, with its test.py, last."""
    site = tmp_path / 'site' / 'mmgenprior'
    site.mkdir(parents=True)
    (site / '__init__.py').write_text('raise AssertionError("the wrong package")')
    code = (
        'import runpy, sys; sys.path.insert(0, sys.argv[1])\n'
        "runpy.run_path(sys.argv[1] + '/train.py', run_name='worker')\n"
        'import mmgenprior; print(mmgenprior.__file__, sys.path[0], sys.path[-1], sep="\\n")'
    )
    done = subprocess.run(
        [sys.executable, '-c', code, str(TOOLS)],
        env=dict(os.environ, PYTHONPATH=str(site.parent)),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    package, first, last = done.stdout.split()
    assert package == str(ROOT / 'mmgenprior' / '__init__.py')
    assert (first, last) == (str(ROOT), str(TOOLS))


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


def test_errors_are_one_line_until_debug(tmp_path):
    config = tmp_path / 'broken.py'
    config.write_text('model = dict(\n')
    status, _, err, _ = tool('test.py', str(config))
    assert status == 2 and err.count('\n') == 1 and str(config) in err and 'SyntaxError' in err
    for status, _, err, _ in (
        tool('test.py', str(config), '--debug'),
        tool('test.py', str(config), MGP_DEBUG='1'),
    ):
        assert status == 1 and 'Traceback' in err

    status, _, err, _ = tool('test.py', 'iagan_toyfaces_sr4', 'missing.pth')
    assert status == 1 and err.count('\n') == 1
    assert err.startswith("error: checkpoint 'missing.pth' not found: put it in ")
    status, _, err, _ = tool('train.py', 'iagan_toyfaces_sr4')
    assert status == 2 and err.count('\n') == 1 and 'train_cfg' in err
