"""The judge of priors on the command line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from processor import processor_seconds

TOOL = Path(__file__).resolve().parents[2] / 'tools' / 'evaluate_prior.py'


def evaluate(*words: str, cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, TOOL, *words], capture_output=True, text=True, cwd=cwd)


FACES = 'dcgan_toyfaces'


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['no_such_prior'], "error: prior or config 'no_such_prior' not found"),
        (['pggan_celebahq_102'], 'pggan_celebahq_1024'),
        (['configs/dcgan_toyface'], 'dcgan_toyfaces'),
        ([FACES, '--inception', 'none.pt'], "error: --inception: 'none.pt' not found"),
        ([FACES, '--checkpoint', 'none.pth'], "error: checkpoint 'none.pth' not found"),
    ],
)
def test_what_is_not_found_is_one_line_at_once(words, said, tmp_path):
    with processor_seconds() as took:
        done = evaluate(*words, cwd=tmp_path)
    if took.seconds >= 2:  # the first of several may have files to compile
        with processor_seconds() as took:
            evaluate(*words, cwd=tmp_path)
    assert done.returncode == 1 and done.stderr.count('\n') == 1 and said in done.stderr
    assert took.seconds < 2


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['--seed', '-1'], 'argument --seed: -1 must be 0 or more'),
        (['--seed', 'x'], "argument --seed: 'x' is no whole number"),
        (['--samples', '1'], 'argument --samples: 1 must be 2 or more'),
    ],
)
def test_numbers_are_checked_as_they_are_read(words, said, tmp_path):
    done = evaluate(FACES, *words, cwd=tmp_path)
    assert done.returncode == 2 and said in done.stderr and 'Traceback' not in done.stderr


def test_a_folder_is_scored(tmp_path, call):
    class Classes(torch.nn.Module):
        def forward(self, x: torch.Tensor, no_output_bias: bool = False) -> torch.Tensor:
            return 1e3 * x.float().mean((2, 3))

    torch.jit.script(Classes()).save(str(tmp_path / 'inception.pt'))
    frames = tmp_path / 'frames'
    frames.mkdir()
    for i in range(6):
        picture = np.zeros((8, 8, 3), np.uint8)
        picture[..., i % 3] = 200
        cv2.imwrite(str(frames / f'{i}.png'), picture)
    done = call('evaluate-prior', 'frames', cwd=tmp_path)
    assert done.returncode == 1 and '--inception' in done.stderr
    done = call('evaluate-prior', 'frames', '--inception', 'inception.pt', cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert 'Inception Score of 6 pictures: 1.00' in done.stdout  # six parts of one picture each


@pytest.mark.slow
def test_distances_and_sheet(tmp_path):
    path = tmp_path / 'gan.py'
    path.write_text(
        "model = dict(type='BigGAN', generator=dict(type='BigGANGenerator', output_scale=32, "
        'noise_size=16, num_classes=5, shared_dim=8, base_channels=4))'
    )
    sheet = tmp_path / 'sheet.png'
    done = evaluate('gan.py', '--samples', '20', '--sheet', str(sheet), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()[-5:]  # the framework's warnings go before
    assert 'not FID' in lines[0] and '20 pictures' in lines[0]
    numbers = [float(re.search(r'\d+\.\d+', line)[0]) for line in lines[1:]]
    assert len(numbers) == 4 and numbers[1] < numbers[0] and numbers[2] < numbers[3]
    assert cv2.imread(str(sheet)).shape == (256, 256, 3)
