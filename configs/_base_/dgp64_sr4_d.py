"""DGP at 64×64, super-resolution biased towards the discriminator, for a CPU."""

_base_ = './dgp64.py'
model = dict(
    schedule=dict(
        blocks=[1, 2, 3, 4],
        iterations=[60, 60, 60, 60],
        weight_lr=[1e-4, 1e-4, 1e-4, 5e-5],
        latent_lr=[1e-2, 5e-3, 1e-3, 5e-4],
        d_weight=1.0,
        mse_weight=1.0,
    ),
    baselines=[dict(type='Bicubic')],
)
