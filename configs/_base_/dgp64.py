"""DGP with the package's class-conditional BigGAN of toy faces, for a CPU."""

_base_ = './runtime/default.py'
model = dict(
    type='DGP',
    prior=dict(type='zoo', name='biggan_toyfaces'),
    candidates=dict(candidates=200, latent_scale=0.5),
)
