"""From a checkpoint of the Runner to a prior in one file."""

from __future__ import annotations

import pytest
import torch
import yaml

import mmgenprior.components  # noqa: F401  (before mmagic)

# isort: split
from mmagic.registry import MODELS
from mmengine.registry import DefaultScope

from mmgenprior.converters.export import export_prior
from mmgenprior.priors import CheckpointError, build_prior, zoo_discriminator
from mmgenprior.utils.errors import UserError

CONFIG = """
model = dict(
    type='DCGAN',
    noise_size=8,
    data_preprocessor=dict(type='DataPreprocessor'),
    generator=dict(type='DCGANGenerator', output_scale=16, base_channels=16, noise_size=8),
    discriminator=dict(
        type='DCGANDiscriminator', input_scale=16, output_scale=4, out_channels=1, base_channels=8
    ),
    ema_config=dict(type='ExponentialMovingAverage', momentum=0.1),
)
"""


@pytest.fixture
def trained(tmp_path):
    """A model, the config it is built from and its checkpoint as the Runner writes it."""
    config = tmp_path / 'ours.py'
    config.write_text(CONFIG)
    namespace: dict = {}
    exec(CONFIG, namespace)
    with DefaultScope.overwrite_default_scope('mmagic'):
        model = MODELS.build(namespace['model'])
    for parameter in model.generator_ema.parameters():
        torch.nn.init.normal_(parameter.data, std=0.3)  # not what the raw generator holds
    checkpoint = tmp_path / 'iter_1.pth'
    torch.save(dict(meta=dict(iter=1), state_dict=model.state_dict()), checkpoint)
    return model.eval(), config, checkpoint


@pytest.mark.parametrize(('dtype', 'tolerance'), [(torch.float16, 5e-3), (None, 0.0)])
def test_the_average_and_the_discriminator_come_back(
    trained, tmp_path, monkeypatch, dtype, tolerance
):
    model, config, checkpoint = trained
    target = tmp_path / 'ours.safetensors'
    entry = export_prior(config, checkpoint, target, dtype)
    (tmp_path / 'own.yml').write_text(yaml.safe_dump({'priors': {'ours': entry}}))
    monkeypatch.setenv('MGP_CATALOGUE', str(tmp_path / 'own.yml'))
    prior, discriminator = build_prior('ours'), zoo_discriminator('ours')
    z = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = model.generator_ema(z)
        images = prior.from_rgb(prior(dict(z=z)))
        judged = discriminator(expected)
        torch.testing.assert_close(images, expected, rtol=0, atol=max(tolerance, 1e-6))
        torch.testing.assert_close(judged, model.discriminator(expected), rtol=0, atol=tolerance)
        assert (images - model.generator(z)).abs().max() > 0.1


def test_misfits_are_told(trained, tmp_path):
    _, config, checkpoint = trained
    with pytest.raises(CheckpointError, match='safetensors'):
        export_prior(config, checkpoint, tmp_path / 'ours.pth')
    with pytest.raises(CheckpointError, match='wrong shapes'):
        config.write_text(CONFIG.replace('base_channels=16', 'base_channels=32'))
        export_prior(config, checkpoint, tmp_path / 'ours.safetensors')
    config.write_text(CONFIG.replace('DCGANGenerator', 'LSGANGenerator'))
    with pytest.raises(UserError, match='LSGANGenerator'):
        export_prior(config, checkpoint, tmp_path / 'ours.safetensors')
    config.write_text(CONFIG)
    model = torch.load(checkpoint, weights_only=True)
    model['state_dict']['generator_ema.module.output_layer.conv.bias'][0] = float('inf')
    torch.save(model, checkpoint)
    with pytest.raises(CheckpointError, match='not finite'):
        export_prior(config, checkpoint, tmp_path / 'ours.safetensors')


def test_a_misfit_leaves_the_old_file_and_names_the_checkpoint(trained, tmp_path):
    _, config, checkpoint = trained
    target = tmp_path / 'ours.safetensors'
    target.write_bytes(b'old')
    config.write_text(CONFIG.replace('base_channels=16', 'base_channels=32'))
    with pytest.raises(CheckpointError, match='wrong shapes') as error:
        export_prior(config, checkpoint, target)
    assert str(checkpoint) in str(error.value) and str(target) not in str(error.value)
    assert target.read_bytes() == b'old'
    assert {p.name for p in tmp_path.iterdir()} == {config.name, checkpoint.name, target.name}


def test_the_discriminator_must_fit_too(trained, tmp_path):
    _, config, checkpoint = trained
    content = torch.load(checkpoint, weights_only=True)
    del content['state_dict']['discriminator.downsamples.0.conv.weight']
    content['state_dict']['discriminator.nonsense'] = torch.ones(1)
    torch.save(content, checkpoint)
    with pytest.raises(CheckpointError, match='DCGANDiscriminator') as error:
        export_prior(config, checkpoint, tmp_path / 'ours.safetensors')
    text = str(error.value)
    assert str(checkpoint) in text and '\n' not in text
    assert 'missing keys: downsamples.0.conv.weight' in text
    assert 'unexpected keys: nonsense' in text
    config.write_text(CONFIG.replace('discriminator=dict', 'other=dict'))
    with pytest.raises(UserError, match="no 'model.discriminator'"):
        export_prior(config, checkpoint, tmp_path / 'ours.safetensors')
    assert not (tmp_path / 'ours.safetensors').exists()
