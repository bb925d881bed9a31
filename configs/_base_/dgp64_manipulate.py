"""DGP at 64×64, the reconstruction that is manipulated."""

_base_ = './dgp64.py'
model = dict(
    stages=[
        dict(row, blocks=4, d_weight=1.0, mse_weight=0.0)
        for row in [
            dict(iterations=125, weight_lr=2e-6, latent_lr=5e-2),
            dict(iterations=125, weight_lr=2e-5, latent_lr=1e-2),
            dict(iterations=100, weight_lr=2e-6, latent_lr=2e-4),
        ]
    ],
)
