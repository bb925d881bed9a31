"""Jitter, morphing and category transfer of reconstructed photographs, with random weights."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from small_biggan import BIGGAN, NETWORKS, SHAPE

from mmgenprior.degradations import build_degradation
from mmgenprior.editors.dgp import DGP
from mmgenprior.editors.manipulation import interpolate, jitter, morph, reconstruct, transfer
from mmgenprior.inversion import generate
from mmgenprior.priors import BigGANPrior, DCGANPrior
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError
from mmgenprior.visualization.films import write_frames, write_gif, write_sheet

ROOT = Path(__file__).resolve().parents[2]
DISCRIMINATOR = NETWORKS['biggan'] | dict(init_seed=1)


@pytest.fixture(scope='module')
def prior():
    return BigGANPrior(dict(BIGGAN))


@pytest.fixture(scope='module')
def photos(prior):
    editor = DGP(
        prior,
        [dict(iterations=2, weight_lr=1e-2, latent_lr=1e-2, blocks=1, instance_norm=True)],
        DISCRIMINATOR,
        candidates=dict(candidates=2),
    )
    degradation = build_degradation(dict(physics=dict(type='Identity'), centre=0.5))
    images = torch.rand(2, *SHAPE, generator=torch.Generator().manual_seed(0))
    batch = MeasurementBatch(images - 0.5, degradation, SHAPE, ['a', 'b'], labels=[0, 2])
    return reconstruct(editor, batch)


def test_a_reconstruction_is_what_its_latents_and_weights_make(prior, photos):
    for photo in photos:
        assert set(photo.weights) == {n for _, ns in prior.block_names[:2] for n in ns}
        again = generate(prior, photo.latents, photo.weights).clamp(0, 1)
        assert torch.equal(again, photo.image)
    assert not torch.equal(photos[0].weights[next(iter(photos[0].weights))], photos[1].image)


def test_jitter_grows_with_its_deviation(prior, photos):
    small, large = (jitter(prior, photos[0], std, 4) for std in (1e-3, 0.7))
    assert small.shape == (4, *SHAPE)
    distance = [(v - photos[0].image).abs().mean() for v in (small, large)]
    assert 0 < distance[0] < 0.1 * distance[1]
    assert torch.equal(small, jitter(prior, photos[0], 1e-3, 4))
    assert not torch.equal(small[0], small[1])
    other = jitter(prior, photos[0], 1e-3, 4, seed=1)
    assert not torch.equal(small, other)


def test_morph_goes_from_one_to_the_other_smoothly(prior, photos):
    first, second = photos
    film = morph(prior, first, second, frames=9)
    torch.testing.assert_close(film[:1], first.image)
    torch.testing.assert_close(film[-1:], second.image)
    steps = (film[1:] - film[:-1]).abs().flatten(1).mean(1)
    assert steps.min() > 0 and steps.max() < 0.6 * (film[0] - film[-1]).abs().mean()
    with pytest.raises(UserError, match='at least 2'):
        morph(prior, first, second, frames=1)


def test_morph_interpolates_weights_that_only_one_has_adapted(prior, photos):
    first, second = photos
    name, value = next(iter(first.weights.items()))
    bare = type(second)(second.key, second.latents, {}, second.image)
    latents, weights = interpolate(prior, first, bare, 0.25)
    expected = 0.25 * value + 0.75 * prior.get_parameter(name)[None]
    torch.testing.assert_close(weights[name], expected)
    embedding = (p.latents['class_embedding'] for p in (first, bare))
    expected = sum(share * e for share, e in zip((0.25, 0.75), embedding))
    torch.testing.assert_close(latents['class_embedding'], expected)


def test_transfer_changes_the_class_alone(prior, photos):
    images = transfer(prior, photos[0], [0, 1, 2])
    # Its own class again, whose embedding was not adapted.
    torch.testing.assert_close(images[:1], photos[0].image)
    assert (images[1] - images[2]).abs().max() > 1e-4
    with pytest.raises(UserError, match='class_index=3'):
        transfer(prior, photos[0], [3])
    plain = DCGANPrior(dict(type='DCGANGenerator', output_scale=32, base_channels=4))
    photo = type(photos[0])('a', {'z': photos[0].latents['z']}, {}, photos[0].image)
    with pytest.raises(UserError, match='no class embedding'):
        transfer(plain, photo, [0])


def test_films_are_written(photos, tmp_path):
    images = torch.rand(3, *SHAPE)
    write_frames(tmp_path / 'x', 'frame', images)
    write_gif(tmp_path / 'film.gif', images)
    write_sheet(tmp_path / 'sheet.png', [(['a', 'b', 'c'], images), (['d'], images[:1])])
    frame = Image.open(tmp_path / 'x' / 'frame_02.png')
    red = torch.tensor(list(frame.getdata()))[:, 0].view(32, 32) / 255
    torch.testing.assert_close(red, images[2, 0], rtol=0, atol=0.5 / 255 + 1e-6)
    assert Image.open(tmp_path / 'film.gif').n_frames == 4  # there and back
    assert Image.open(tmp_path / 'sheet.png').size[0] > 3 * 128
    write_frames(tmp_path / 'y', 'class', images, [4, 0, 12])
    assert {p.name for p in (tmp_path / 'y').iterdir()} == {
        'class_04.png',
        'class_00.png',
        'class_12.png',
    }


CONFIG = f"""
_base_ = [{str(ROOT / 'configs' / 'dgp_toyfaces_manipulate.py')!r}]
model = dict(
    prior=dict(
        _delete_=True,
        type='BigGANPrior',
        generator=dict(
            type='BigGANGenerator', output_scale=64, noise_size=20, base_channels=4, num_classes=5,
            shared_dim=8,
        ),
    ),
    discriminator=dict(
        type='BigGANDiscriminator', input_scale=64, base_channels=4, num_classes=5
    ),
    stages=[dict(iterations=2, weight_lr=2e-6, latent_lr=5e-2)] * 3,
    candidates=dict(candidates=3),
)
"""
TASKS = {
    'jitter': (['--std', '0.3', '0.5', '--count', '2'], ['test-000000_jitter.png']),
    'morph': (['--frames', '3'], ['test-000000_to_test-000001.gif']),
    'category': (['--classes', '1', '2'], ['test-000001_category.png']),
}


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        (['morph', '--frames', '1'], '--frames 1: two or more'),
        (['morph', '--images', '0'], 'two images or more'),
        (['jitter', '--count', '0'], '--count 0: one or more'),
        (['jitter', '--std', '0.3', '-1'], '--std -1.0'),
    ],
)
def test_tool_refuses_at_once(words, message, tmp_path):
    what, *options = words
    done = subprocess.run(
        [
            sys.executable,
            ROOT / 'tools' / 'manipulate.py',
            what,
            'dgp_toyfaces_manipulate',
            *options,
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 1 and done.stderr.count('\n') == 1
    assert message in done.stderr and not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize('task', TASKS)
def test_tool_writes_frames_films_and_sheets(task, tmp_path):
    (tmp_path / 'config.py').write_text(CONFIG)
    options, files = TASKS[task]
    command = [sys.executable, ROOT / 'tools' / 'manipulate.py', task, tmp_path / 'config.py']
    command += [*options, '--work-dir', tmp_path / 'out']
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert 'out' in done.stdout
    for name in files:
        assert (tmp_path / 'out' / name).is_file()
    frames = list((tmp_path / 'out').glob('*/*.png'))
    assert len(frames) == {'jitter': 8, 'morph': 3, 'category': 4}[task]


@pytest.mark.slow
def test_tool_names_what_is_wrong(tmp_path):
    def error(*words):
        command = [sys.executable, ROOT / 'tools' / 'manipulate.py', *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=tmp_path)
        assert done.returncode == 1
        return done.stderr

    assert 'needs two images' in error('morph', 'dgp_toyfaces_manipulate', '--images', '1')
    assert 'not found' in error('jitter', 'dgp_toyface_manipulate')
