"""DGP at 64×64, the reconstruction that is manipulated."""

_base_ = './dgp64.py'
model = dict(
    schedule=dict(
        blocks=4,
        iterations=[125, 125, 100],
        weight_lr=[2e-6, 2e-5, 2e-6],
        latent_lr=[5e-2, 1e-2, 2e-4],
        d_weight=1.0,
        mse_weight=0.0,
    ),
)
