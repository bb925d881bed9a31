"""DGP at 64×64, super-resolution biased towards the discriminator, for a CPU."""

_base_ = './dgp64.py'
model = dict(
    stages=[
        dict(row, iterations=60, d_weight=1.0, mse_weight=1.0)
        for row in [
            dict(blocks=1, weight_lr=1e-4, latent_lr=1e-2),
            dict(blocks=2, weight_lr=1e-4, latent_lr=5e-3),
            dict(blocks=3, weight_lr=1e-4, latent_lr=1e-3),
            dict(blocks=4, weight_lr=5e-5, latent_lr=5e-4),
        ]
    ],
    baselines=[dict(type='Bicubic')],
)
