"""``mmgenprior restore``: mistakes at once, files, and going on."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import mmgenprior
from mmgenprior.cli.main import main
from mmgenprior.utils.errors import ExitCode

OPTIONS = [f'stages.{name}.iterations=2' for name in ('descent', 'features', 'adapted', 'sampled')]
QUICK = ['--prior', 'dcgan_toyfaces', '--device', 'cpu', '--options', *OPTIONS]


@pytest.fixture(scope='module')
def photos(tmp_path_factory):
    """A face, its mask, a photo without a face, a text file."""
    from mmgenprior.datasets.toyfaces import render_face

    folder = tmp_path_factory.mktemp('photos')
    faces = folder / 'faces'
    faces.mkdir()
    for number in (0, 1):
        Image.fromarray(render_face(0, 'test', number, 64)).convert('L').save(
            faces / f'face{number}.png'
        )
    mask = np.full((64, 64), 255, np.uint8)
    mask[24:40, 20:44] = 0
    Image.fromarray(mask).save(folder / 'mask.png')
    Image.fromarray(mask[:32]).save(folder / 'small_mask.png')
    noise = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / 'meadow.png')
    Image.new('1', (15000, 9000)).save(folder / 'huge.png')
    (folder / 'notes.png').write_text('no picture')
    return folder


def test_the_command_alone_shows_what_there_is(capsys):
    assert main([]) is ExitCode.OK
    text = capsys.readouterr().out
    assert 'restore' in text and 'mmgenprior demo' in text and 'repair photos' in text


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['notes.png', '--damage', 'grey'], 'notes.png: not an image file'),
        (['huge.png', '--damage', 'grey'], '135 megapixels'),
        (['meadow.png', '--damage', 'grey'], "no face was found in 'meadow.png'"),
        (['meadow.png', '--mask', 'mask.png'], 'is 64×64, but'),
        (['faces/face0.png', '--mask', 'small_mask.png'], 'is 64×32, but'),
        (['faces/face0.png', '--damage', 'gery'], 'did you mean grey?'),
        (['faces/face0.png', '--prior', 'dcgan_toyface'], 'did you mean dcgan_toyfaces'),
        (['faces/face0.png', '--method', 'gaus'], "there is no method 'gaus'"),
        (['nowhere.png'], 'nowhere.png: no such image file'),
        (['faces/face0.png', '--mask', 'no.png'], "--mask 'no.png': there is no such file"),
    ],
)
def test_mistakes_are_one_line(photos, words, said, call):
    words = words if '--prior' in words else [*words, '--prior', 'dcgan_toyfaces']
    done = call('restore', *words, cwd=photos)
    assert done.returncode == ExitCode.USAGE, done.stderr
    assert done.stderr.startswith('error: ') and done.stderr.count('\n') == 1, done.stderr
    assert said in done.stderr and not (photos / 'restored').exists()


def test_a_mistake_needs_no_torch(photos):
    code = """
import sys, time
from mmgenprior.cli.main import main
began = time.process_time()
status = main(['restore', 'meadow.png', '--damage', 'grey', '--prior', 'dcgan_toyfaces'])
assert status == 2 and 'torch' not in sys.modules
assert time.process_time() - began < 3
"""
    subprocess.run([sys.executable, '-c', code], cwd=photos, check=True, timeout=120)


def test_files_and_going_on(photos, tmp_path, capsys):
    out = tmp_path / 'out'
    words = ['restore', str(photos / 'faces'), '--out', str(out), '--film', *QUICK]
    assert main(words) == ExitCode.OK
    said = capsys.readouterr().err
    assert 'face0: grey: the picture has no colours' in said
    for name in ('face0', 'face1'):
        for ending in ('restored.png', 'sheet.png', 'std.png', 'film.gif'):
            assert (out / f'{name}_{ending}').is_file()
        assert json.loads((out / f'{name}.json').read_text())['settings']['damage'] == 'grey'
    before = (out / 'face0_restored.png').read_bytes()
    (out / 'face1_restored.png').write_bytes(b'')
    assert main(words) == ExitCode.OK
    said = capsys.readouterr().err
    assert 'face0 (1 of 2): was done before' in said and 'face1 (2 of 2): was done' not in said
    assert (out / 'face0_restored.png').read_bytes() == before
    assert Image.open(out / 'face1_restored.png').size == (64, 64)
    # Other settings are other results.
    assert main([*words[:2], '--seed', '1', *words[2:]]) == ExitCode.OK
    assert 'was done before' not in capsys.readouterr().err


def test_one_of_several_that_fails_is_told(photos, tmp_path, capsys):
    words = [str(photos / 'notes.png'), str(photos / 'faces' / 'face0.png')]
    out = ['--out', str(tmp_path / 'out'), '--truth', str(photos / 'faces')]
    assert main(['restore', *words, *out, '--on-error', 'stop', *QUICK]) == ExitCode.USAGE
    assert not (tmp_path / 'out' / 'face0_restored.png').exists()
    capsys.readouterr()
    out = out[:2]
    assert main(['restore', *words, *out, *QUICK]) == ExitCode.PARTIAL
    said = capsys.readouterr().err
    assert 'not an image file' in said and '1 of 2 photos could not be restored' in said
    assert (tmp_path / 'out' / 'face0_restored.png').is_file()


def test_python_and_command_make_the_same(photos, tmp_path):
    file = photos / 'faces' / 'face0.png'
    assert main(['restore', str(file), '--out', str(tmp_path), *QUICK]) == ExitCode.OK
    options = dict(stages={word.split('.')[1]: dict(iterations=2) for word in OPTIONS})
    result = mmgenprior.restore(file, prior='dcgan_toyfaces', options=options, device='cpu')
    written = np.asarray(Image.open(tmp_path / 'face0_restored.png'))
    assert np.array_equal(written, np.asarray(result.image))
