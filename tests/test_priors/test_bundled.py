"""The priors whose weights the package carries."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

import mmgenprior.components  # noqa: F401  (before mmagic)
from mmgenprior.datasets.toyfaces import render_face
from mmgenprior.evaluation.prior_distance import prior_distances
from mmgenprior.evaluation.random_features import RandomFeatures
from mmgenprior.priors import build_prior, zoo_discriminator
from mmgenprior.weights.catalogue import BUNDLED, find_entry
from mmgenprior.weights.resolve import fetch_entry

# isort: split
from mmengine.config import Config

ROOT = Path(__file__).resolve().parents[2]
NAMES = list(yaml.safe_load(BUNDLED.read_text())['priors'])
PAIRED = {name: f'{name}_paired' for name in ('dcgan_toyfaces', 'biggan_toyfaces')}
CONFIGS = {name: PAIRED.get(name, name) for name in NAMES}
LIMIT = 20e6


def test_are_there_and_small():
    assert NAMES == ['dcgan_toyfaces', 'biggan_toyfaces', 'pggan_toyfaces']
    assert sum(file.stat().st_size for file in BUNDLED.parent.iterdir()) < LIMIT


@pytest.mark.parametrize('name', NAMES)
def test_is_the_network_of_its_training_config(name):
    entry = find_entry(name)
    assert fetch_entry(entry) == BUNDLED.parent / f'{name}.safetensors'
    model = Config.fromfile(ROOT / 'configs' / f'{CONFIGS[name]}.py').model
    # Through JSON, as a catalogue has no tuples.
    assert entry.prior['generator'] == json.loads(json.dumps(model.generator.to_dict()))
    assert entry.discriminator == json.loads(json.dumps(model.discriminator.to_dict()))


@pytest.mark.parametrize('name', NAMES)
def test_has_its_log_and_a_sheet_of_samples(name):
    log = json.loads((BUNDLED.parent / f'{name}.json').read_text())
    assert log['config'] == f'configs/{CONFIGS[name]}.py'
    assert isinstance(log['seed'], int)
    steps = [row['iteration'] for row in log['log']]
    assert steps == sorted(steps) and 0 <= log['iterations'] - steps[-1] < steps[0]
    assert all(np.isfinite(list(row.values())).all() for row in log['log'])
    # Generators that draw faces of given latents never heard their discriminators.
    assert all(('loss_gen' in row) != (name in PAIRED) for row in log['log'])
    assert (BUNDLED.parent / f'{name}.png').read_bytes().startswith(b'\x89PNG')


@pytest.mark.parametrize('name', NAMES)
def test_samples_are_nearer_to_the_family_than_blurred_faces(name):
    torch.manual_seed(0)
    distances = prior_distances(build_prior(name), RandomFeatures(), 160)
    assert distances['samples'] < distances['blurred faces'] < distances['noise']


@pytest.mark.parametrize('name', NAMES)
def test_the_discriminator_prefers_faces(name):
    """It was trained on these images in the generator's own range and channel order."""
    prior, discriminator = build_prior(name), zoo_discriminator(name)
    # Eight: the PGGAN compares pictures in groups of four.
    faces = np.stack([render_face(0, 'test', i, 64) for i in range(8)])
    faces = torch.from_numpy(faces).permute(0, 3, 1, 2).float() / 255
    label = dict(label=torch.arange(8) % 5) if name == 'biggan_toyfaces' else {}
    noise = torch.rand(faces.shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        real, fake = (discriminator(prior.from_rgb(x), **label) for x in (faces, noise))
    assert real.mean() > fake.mean()
