"""DGP at 64×64, reconstruction, for a CPU."""

_base_ = './dgp64.py'
model = dict(
    schedule=dict(
        blocks=[1, 2, 3, 4],
        iterations=[60, 60, 60, 60],
        weight_lr=[4e-4, 4e-4, 2e-4, 1e-4],
        latent_lr=[1e-2, 5e-3, 1e-3, 5e-4],
        d_weight=[1.0, 1.0, 0.5, 0.1],
        mse_weight=[1.0, 1.0, 50.0, 100.0],
        instance_norm=True,
    ),
)
