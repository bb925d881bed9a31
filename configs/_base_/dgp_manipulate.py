"""DGP, the reconstruction that is manipulated (paper, table 11)."""

_base_ = './runtime/default.py'
model = dict(
    type='DGP',
    stages=[
        dict(row, blocks=5, d_weight=1.0, mse_weight=0.0, features=8)
        for row in [
            dict(iterations=125, weight_lr=2e-7, latent_lr=1e-1),
            dict(iterations=125, weight_lr=2e-5, latent_lr=2e-3),
            dict(iterations=100, weight_lr=2e-6, latent_lr=2e-6),
        ]
    ],
    candidates=dict(candidates=500, latent_scale=0.5),
)
