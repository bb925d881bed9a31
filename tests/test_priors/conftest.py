"""Small generators with random weights, one per family and variant."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from torch.nn.utils.spectral_norm import SpectralNorm

import mmgenprior.priors  # noqa: F401  (before MMagic: it adapts the stack)
from mmgenprior.priors import folded_convolution
from mmgenprior.utils.errors import UserError

_BIGGAN = dict(
    output_scale=64,
    noise_size=20,
    base_channels=4,
    num_classes=7,
    shared_dim=12,
    with_shared_embedding=True,
)
_PGGAN = dict(type='PGGANGenerator', noise_size=16, out_scale=32, base_channels=64, max_channels=16)
_V3 = dict(
    type='StyleGAN3Generator',
    out_size=32,
    style_channels=16,
    img_channels=3,
    noise_size=16,
    rgb2bgr=True,
    synthesis_cfg=dict(
        type='SynthesisNetwork', channel_base=512, channel_max=16, num_layers=4, num_fp16_res=0
    ),
)
_V1 = dict(type='StyleGAN1Generator', out_size=8, style_channels=16, num_mlps=2)
_V2 = dict(type='StyleGAN2Generator', out_size=8, style_channels=16, num_mlps=2)


class Decoder(nn.Module):
    """As a VAE has it: latents B×4×8×8 to images B×3×16×24; its encoder is not used."""

    def __init__(self):
        super().__init__()
        self.last = nn.Conv2d(8, 3, 3, padding=(1, 5))  # made first, run last
        self.encoder = nn.Conv2d(3, 4, 3)
        self.first = nn.Conv2d(4, 8, 3, padding=1)
        self.middle = nn.Sequential(nn.BatchNorm2d(8), nn.SiLU(), nn.Conv2d(8, 8, 3, padding=1))
        self.up = nn.Upsample(scale_factor=2)
        self.tint = nn.Parameter(0.1 * torch.randn(8, 1, 1))

    def forward(self, z):
        return torch.tanh(self.last(self.up(self.middle(self.first(z)) + self.tint)))


class Scripted(nn.Module):
    """Latents B×10 to images B×3×8×8, to be scripted or exported."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(10, 16 * 16)
        self.body = nn.Sequential(
            nn.BatchNorm2d(16), nn.ReLU(), nn.ConvTranspose2d(16, 3, 4, stride=2, padding=1)
        )

    def forward(self, z):
        return self.body(self.fc(z).view(-1, 16, 4, 4)).tanh()


def seeded(make):
    """A module with weights of its own, without a trace in the global stream."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return make().eval()


CONFIGS = {
    'module-decoder': dict(type='ModulePrior', module=seeded(Decoder), latent_shape=(4, 8, 8)),
    'module-chain': dict(
        type='ModulePrior',
        module=seeded(
            lambda: nn.Sequential(
                nn.Linear(6, 64), nn.Unflatten(1, (4, 4, 4)), nn.PReLU(), nn.Conv2d(4, 3, 3)
            )
        ),
        latent_shape=6,
        channel_order='bgr',
        latent='uniform',
    ),
    'module-script': dict(
        type='ModulePrior', module=torch.jit.script(seeded(Scripted)), latent_shape=10
    ),
    'began': dict(type='BEGANPrior', generator=dict(type='BEGANGenerator', channels=8)),
    'dcgan': dict(
        type='DCGANPrior',
        generator=dict(type='DCGANGenerator', output_scale=32, base_channels=16, noise_size=10),
    ),
    'pggan': dict(type='PGGANPrior', generator=_PGGAN),
    'pggan-plain': dict(type='PGGANPrior', generator=dict(_PGGAN, fused_upconv=False)),
    'biggan': dict(
        type='BigGANPrior', generator=dict(type='BigGANGenerator', **_BIGGAN), class_index=3
    ),
    'biggan-torch': dict(
        type='BigGANPrior', generator=dict(type='BigGANGenerator', sn_style='torch', **_BIGGAN)
    ),
    'biggan-deep': dict(
        type='BigGANPrior', generator=dict(type='BigGANDeepGenerator', rgb2bgr=True, **_BIGGAN)
    ),
    'stylegan1-z': dict(type='StyleGANPrior', generator=_V1, latent_space='z', truncation=0.7),
    'stylegan1-w+': dict(type='StyleGANPrior', generator=_V1, latent_space='w+'),
    'stylegan2-w': dict(
        type='StyleGANPrior', generator=_V2, latent_space='w', injected_noise='off'
    ),
    'stylegan2-w+': dict(
        type='StyleGANPrior', generator=_V2, latent_space='w+', w_init='mapping', truncation=0.5
    ),
    'stylegan3-z': dict(type='StyleGANPrior', generator=_V3, latent_space='z'),
    'stylegan3-w+': dict(type='StyleGANPrior', generator=_V3, latent_space='w+'),
}


def build(config, **changes):
    """Build a prior from its config, with options changed."""
    from mmagic.registry import MODELS

    return MODELS.build(deepcopy(dict(config, **changes)))


def enliven(prior):
    """Give gains, biases and statistics values that a dropped term would show in."""
    rng = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, p in prior.named_parameters():
            if p.ndim == 1 or name.endswith(('bias', 'gamma')):
                p.add_(0.2 * torch.randn(p.shape, generator=rng))
        for name, b in prior.named_buffers():
            if name.endswith('running_mean'):
                b.copy_(0.2 * torch.randn(b.shape, generator=rng))
            elif name.endswith('running_var'):
                b.copy_(0.5 + torch.rand(b.shape, generator=rng))
        for module in prior.modules():
            for hook in module._forward_pre_hooks.values():
                if isinstance(hook, SpectralNorm):
                    # Fresh singular vectors are random and would blow the weights up.
                    for _ in range(10):
                        hook.compute_weight(module, do_power_iteration=True)
        if getattr(prior, 'mean_w', None) is not None:
            prior._update_mean_w()
    return prior


def latents_of(prior, count, seed=0):
    """A batch of latents that differ, also where the family starts all at one point."""
    samples = [prior.sample_latents(torch.Generator().manual_seed(seed + i)) for i in range(count)]
    batch = {k: torch.stack([s[k] for s in samples]) for k in samples[0]}
    rng = torch.Generator().manual_seed(seed)
    return {k: v + 0.1 * torch.randn(v.shape, generator=rng) for k, v in batch.items()}


@pytest.fixture(scope='module', params=list(CONFIGS))
def prior(request):
    return enliven(build(CONFIGS[request.param]))


@pytest.fixture
def unfolded(monkeypatch):
    """Weights at rest and weights that are given are convolved alike, to the bit."""
    monkeypatch.setattr(folded_convolution, '_DTYPES', [])


@pytest.fixture
def cut_prior(prior):
    """One that can be cut between its blocks."""
    if not prior.can_be_cut:
        with pytest.raises(UserError, match='cannot be cut between blocks'):
            prior.forward_until(latents_of(prior, 1), 1)
        pytest.skip(f'a {type(prior.generator).__name__} of this kind cannot be cut')
    return prior


@pytest.fixture
def small_pggan():
    return build(CONFIGS['pggan'])
