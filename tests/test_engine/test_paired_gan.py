"""A generator that is taught to draw pictures of known latents."""

from __future__ import annotations

import pytest
import torch

import mmgenprior.components  # noqa: F401  (before mmagic)

# isort: split
from mmagic.registry import MODELS
from mmagic.structures import DataSample
from mmagic.structures.data_sample import LabelData
from mmengine import MessageHub
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.registry import DefaultScope

from mmgenprior.utils.errors import UserError

SIDE, LATENTS, BATCH = 16, 6, 8


def build(**options):
    torch.manual_seed(0)
    small = dict(
        type='PairedGAN',
        noise_size=LATENTS,
        generator=dict(type='DCGANGenerator', output_scale=SIDE, base_channels=16),
        discriminator=dict(
            type='DCGANDiscriminator',
            input_scale=SIDE,
            output_scale=4,
            out_channels=1,
            base_channels=8,
        ),
        data_preprocessor=dict(type='DataPreprocessor'),
        ema_config=dict(type='ExponentialMovingAverage', momentum=0.1, update_buffers=True),
    )
    with DefaultScope.overwrite_default_scope('mmagic'):
        return MODELS.build(small | options)


def pictures(count: int = BATCH) -> dict:
    """Discs of a colour that three numbers of the latent give, on a ground that two others give."""
    latent = torch.randn(count, LATENTS, generator=torch.Generator().manual_seed(1))
    axis = torch.linspace(-1, 1, SIDE)
    disc = ((axis[:, None] ** 2 + axis**2) < 0.5).float()
    color = torch.tanh(latent[:, :3])[:, :, None, None]
    ground = torch.tanh(latent[:, 3:6])[:, :, None, None]
    images = (127.5 * (disc * color + (1 - disc) * ground + 1)).round()
    samples = []
    for i in range(count):
        sample = DataSample(gt_img=images[i], latent=latent[i])
        sample.gt_label = LabelData(label=torch.tensor(i % 2))
        samples.append(sample)
    return dict(inputs={}, data_samples=samples)


def optimizers(model) -> OptimWrapperDict:
    wrap = {
        name: OptimWrapper(torch.optim.Adam(getattr(model, name).parameters(), lr=2e-3))
        for name in ('generator', 'discriminator')
    }
    return OptimWrapperDict(**wrap)


def train(model, steps: int) -> list[dict]:
    wrappers, hub = optimizers(model), MessageHub.get_current_instance()
    logs = []
    for step in range(steps):
        hub.update_info('iter', step)
        logs.append(model.train_step(pictures(), wrappers))
    return logs


def test_learns_to_draw_each_picture_of_its_latent():
    model = build(adversarial_weight=0.0)
    logs = train(model, 150)
    assert logs[-1]['loss_pixel'] < 0.25 * logs[0]['loss_pixel']
    # Its latent and no other draws a picture.
    batch = model.data_preprocessor(pictures(), True)['data_samples']
    drawn = model.generator(batch.latent)
    distance = (drawn[:, None] - batch.gt_img[None]).abs().mean((2, 3, 4))
    assert torch.equal(distance.argmin(1), torch.arange(BATCH))


def test_the_adversary_comes_in_when_its_time_has_come():
    model = build(adversarial_start=2, adversarial_wait=2, gradient_penalty=1.0)
    before = {k: v.clone() for k, v in model.discriminator.named_parameters()}
    logs = train(model, 2)
    assert all('loss_disc_real' not in log and 'loss_gen' not in log for log in logs)
    assert all(torch.equal(v, before[k]) for k, v in model.discriminator.named_parameters())
    logs = train(model, 6)
    assert [('loss_disc_real' in log) for log in logs] == [False, False, True, True, True, True]
    assert [('loss_gen' in log) for log in logs] == [False, False, False, False, True, True]
    assert not all(torch.equal(v, before[k]) for k, v in model.discriminator.named_parameters())


def test_the_gradient_penalty_is_the_squared_slope_on_real_pictures():
    model = build(gradient_penalty=2.0).double()

    class Linear(torch.nn.Module):
        weight = torch.nn.Parameter(torch.randn(3, SIDE, SIDE, dtype=torch.float64))

        def forward(self, x):
            return (x * self.weight).sum((1, 2, 3))

    model.discriminator = Linear()
    slope = model._squared_slope(torch.randn(4, 3, SIDE, SIDE, dtype=torch.float64), {})
    assert slope.item() == pytest.approx(Linear.weight.square().sum().item())


def test_classes_are_told_to_both_networks():
    arch = dict(in_channels=[8, 8], out_channels=[8, 8], upsample=[True, True])
    generator = dict(
        type='BigGANGenerator',
        output_scale=SIDE,
        noise_size=LATENTS,
        split_noise=False,
        shared_dim=4,
        arch_cfg=dict(arch, resolution=[8, 16], attention=[False, False]),
        auto_sync_bn=False,
    )
    discriminator = dict(
        type='BigGANDiscriminator',
        input_scale=SIDE,
        arch_cfg=dict(
            in_channels=[3, 8],
            out_channels=[8, 8],
            downsample=[True, True],
            resolution=[8, 4],
            attention=[False, False],
        ),
    )
    model = build(num_classes=2, generator=generator, discriminator=discriminator)
    logs = train(model, 2)
    assert all(torch.isfinite(torch.tensor(float(v))) for log in logs for v in log.values())
    drawn = model(dict(num_batches=3, sample_model='orig'))
    assert [tuple(sample.fake_img.shape) for sample in drawn] == [(3, SIDE, SIDE)] * 3


@pytest.mark.parametrize('name', ['pixel_weight', 'perceptual_weight', 'gradient_penalty'])
def test_negative_weights_are_refused(name):
    with pytest.raises(UserError, match=f'PairedGAN: {name}=-1 must not be negative'):
        build(**{name: -1})


def test_lpips_looks_at_a_share_of_the_batch():
    model, seen = build(adversarial_weight=0.0, perceptual_share=0.3), []

    def network(drawn, real):
        seen.append(len(drawn))
        return (drawn - real).abs().mean((1, 2, 3))

    model.perceptual = dict(net='alex')
    model._perceptual = [network]
    (log,) = train(model, 1)
    assert seen == [3] and log['loss_perceptual'] > 0


@pytest.mark.parametrize('share', [0, 1.5])
def test_a_share_is_one(share):
    with pytest.raises(UserError, match=f'perceptual_share={share} must be in'):
        build(perceptual_share=share)
