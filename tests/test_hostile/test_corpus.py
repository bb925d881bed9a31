"""Every hostile or broken input is one line and an exit status, at once; nothing is run or kept."""

from __future__ import annotations

import os
import resource
import time

import pytest

from mmgenprior.cli.main import main

from .case import Case
from .pictures import PICTURES
from .sets import MEASUREMENTS, SETS
from .tables import TABLES
from .weight_files import WEIGHTS

CORPUS: list[Case] = [*PICTURES, *SETS, *MEASUREMENTS, *WEIGHTS, *TABLES]
# Beyond what the tests hold already, nothing is allocated that a file promises.
_MOST_BYTES = 3 << 30
seconds: dict[str, float] = {}


@pytest.fixture
def limited():
    """An address space in which gigabytes cannot be had, where the system tells what is used."""
    if not os.path.exists('/proc/self/statm'):
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open('/proc/self/statm') as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + _MOST_BYTES, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.fixture(scope='module', autouse=True)
def summary():
    yield
    if seconds:
        took = sorted(seconds.values())
        worst = max(seconds, key=seconds.get)
        print(
            f'\n{len(took)} inputs: median {took[len(took) // 2]:.2f} s, worst {took[-1]:.2f} s '
            f'({worst}), without starting Python'
        )


def test_there_are_enough():
    assert len(CORPUS) >= 200
    assert len({case.name for case in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize('case', CORPUS, ids=lambda case: case.name)
def test_one_line(case, tmp_path, monkeypatch, capfd, limited):
    folder = tmp_path / 'made'
    folder.mkdir()
    words = case.make(folder)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith('MGP_')]:
        monkeypatch.delenv(name)
    for name, value in case.environ.items():
        monkeypatch.setenv(name, value.format(folder=folder))
    capfd.readouterr()
    began = time.perf_counter()
    status = main(words)
    seconds[case.name] = time.perf_counter() - began
    out, err = capfd.readouterr()
    assert status == case.status, err
    *before, line = err.splitlines()
    assert line.startswith('error: ') and err.endswith('\n')
    assert case.said in err
    # Of several files each has a line.
    assert all(text.startswith(('  ', 'note: ')) for text in before)
    assert 'Traceback' not in out + err
    assert all(text.isprintable() for text in err.splitlines())
    # Nothing ran, and nothing was left.
    assert not (tmp_path / 'pwned').exists()
    assert not (folder / 'out.pth').is_file() or (folder / 'out.pth').is_symlink()
    assert not (folder / 'work' / 'restored').exists()


@pytest.mark.parametrize(
    'name', ['picture cut.png', 'array tebibytes.npy', 'weights over_read.pth', 'catalogue: deep']
)
def test_as_a_process_of_its_own(name, tmp_path):
    from .answers import answer

    case = next(case for case in CORPUS if case.name == name)
    status, err, _ = answer(case, tmp_path)
    assert status == case.status and case.said in err
    assert err.count('\n') == 1 and err.startswith('error: ')
