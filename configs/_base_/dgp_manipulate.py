"""DGP, the reconstruction that is manipulated (paper, table 11)."""

_base_ = './runtime/default.py'
model = dict(
    type='DGP',
    schedule=dict(
        blocks=5,
        iterations=[125, 125, 100],
        weight_lr=[2e-7, 2e-5, 2e-6],
        latent_lr=[1e-1, 2e-3, 2e-6],
        d_weight=1.0,
        mse_weight=0.0,
        features=8,
    ),
    candidates=dict(candidates=500, latent_scale=0.5),
)
