"""DGP at 64×64, reconstruction, for a CPU."""

_base_ = './dgp64.py'
model = dict(
    stages=[
        dict(row, iterations=60, instance_norm=True)
        for row in [
            dict(blocks=1, weight_lr=4e-4, latent_lr=1e-2, d_weight=1.0, mse_weight=1.0),
            dict(blocks=2, weight_lr=4e-4, latent_lr=5e-3, d_weight=1.0, mse_weight=1.0),
            dict(blocks=3, weight_lr=2e-4, latent_lr=1e-3, d_weight=0.5, mse_weight=50.0),
            dict(blocks=4, weight_lr=1e-4, latent_lr=5e-4, d_weight=0.1, mse_weight=100.0),
        ]
    ],
)
