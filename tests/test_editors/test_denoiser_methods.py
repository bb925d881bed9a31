"""deepinv's plug-and-play and diffusion methods in our slot, with small denoisers."""

from __future__ import annotations

import pytest
import torch
from deepinv.models import DRUNet
from mmagic.registry import MODELS

import mmgenprior.editors  # noqa: F401  (registers)
from mmgenprior.editors.denoiser import build_denoiser
from mmgenprior.utils.errors import CheckpointError, UserError

NOISE = dict(physics=dict(type='Identity'), noise=dict(type='GaussianNoise', sigma=0.1), centre=0.5)
HOLE = dict(physics=dict(type='BoxMask', size=4), centre=0.5)
SR4 = dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)
SMALL = dict(nc=(4, 4, 4, 4), nb=1)
WAVELETS = dict(type='WaveletDictDenoiser', level=2, list_wv=('db4',))


@pytest.fixture(scope='module')
def drunet(tmp_path_factory):
    """Config of a small DRUNet with random weights in a file."""
    path = tmp_path_factory.mktemp('weights') / 'drunet.pth'
    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.save(DRUNet(**SMALL, pretrained=None).state_dict(), path)
    return dict(type='DRUNet', weights=str(path), **SMALL)


def methods(drunet):
    return [
        dict(type='PlugAndPlay', denoiser=WAVELETS),
        dict(type='PlugAndPlay', denoiser=drunet),
        dict(type='PlugAndPlay', denoiser=WAVELETS, algorithm='PGD', iterations=5, level=0.05),
        dict(type='DiffPIR', denoiser=drunet, steps=4),
        dict(type='DPS', denoiser=drunet, steps=3),
    ]


@pytest.mark.parametrize('number', range(5), ids=['wavelets', 'DRUNet', 'PGD', 'DiffPIR', 'DPS'])
def test_each_image_by_itself_to_the_bit(make_sample, drunet, number):
    editor = MODELS.build(methods(drunet)[number])
    before = torch.random.get_rng_state()
    together = editor([], [make_sample(key, SR4, (3, 32, 32)) for key in 'ab'], mode='tensor')
    assert torch.isfinite(together).all()
    alone = editor([], [make_sample('b', SR4, (3, 32, 32))], mode='tensor')[0]
    assert torch.equal(alone, together[1])
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize('number', [0, 1, 3], ids=['wavelets', 'DRUNet', 'DiffPIR'])
def test_an_exact_measurement_is_kept(make_sample, drunet, number):
    batch = make_sample('a', HOLE, (3, 32, 32)).metainfo['measurement'].bind()
    image = next(iter(MODELS.build(methods(drunet)[number]).restore(batch).variants.values()))
    assert (batch.bound().forward_operator(image) - batch.y).abs().max() < 1e-5


def test_plug_and_play_removes_noise(make_sample):
    truth = torch.full((3, 32, 32), 0.2)
    truth[:, :, 16:] = torch.tensor([0.9, 0.5, 0.7]).view(3, 1, 1)
    sample = make_sample('a', NOISE, (3, 32, 32))
    measurement = sample.metainfo['measurement']
    noise = 0.1 * torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(0))
    measurement.y = truth - 0.5 + noise
    restored = MODELS.build(dict(type='PlugAndPlay', denoiser=WAVELETS))
    image = restored([], [sample], mode='tensor')[0]
    assert (image - truth).square().mean() < noise.square().mean() / 2


def test_the_weights_are_those_of_the_file(drunet):
    network = build_denoiser(drunet)
    stored = torch.load(drunet['weights'], weights_only=True)
    assert all(torch.equal(v, stored[k]) for k, v in network.state_dict().items())
    assert not any(p.requires_grad for p in network.parameters()) and not network.training


@pytest.mark.parametrize('name', ['DnCNN', 'DRUNet', 'DiffUNet'])
def test_weights_that_are_not_here_are_told(name, tmp_path, monkeypatch):
    monkeypatch.setenv('MGP_PRIOR_ROOT', str(tmp_path))
    with pytest.raises(CheckpointError, match=f'the weights of {name} are not here: put .*.pt'):
        build_denoiser(dict(type=name))


def test_a_wrong_file_or_name_is_one_line(drunet, tmp_path):
    torch.save({'a': torch.zeros(1)}, tmp_path / 'other.pth')
    with pytest.raises(CheckpointError, match='the weights of DRUNet do not fit: missing'):
        build_denoiser(drunet | dict(weights=str(tmp_path / 'other.pth')))
    with pytest.raises(UserError, match="no denoiser 'DRUNett' .did you mean DRUNet"):
        build_denoiser(dict(type='DRUNett'))
    with pytest.raises(CheckpointError, match='weights of SCUNet are not named'):
        build_denoiser(dict(type='SCUNet'))


def test_a_method_for_linear_operators_says_so(make_sample):
    sample = make_sample('a', dict(physics=dict(type='HSVValue'), centre=0.5))
    editor = MODELS.build(dict(type='PlugAndPlay', denoiser=WAVELETS))
    with pytest.raises(UserError, match='PlugAndPlay.*HSVValue'):
        editor([], [sample], mode='tensor')
