"""DGP, biased towards the squared error (paper, table 8), with instance norms."""

model = dict(
    type='DGP',
    stages=[
        dict(row, iterations=200, features=8, instance_norm=True)
        for row in [
            dict(blocks=1, weight_lr=2e-4, latent_lr=1e-3, d_weight=1.0, mse_weight=1.0),
            dict(blocks=2, weight_lr=2e-4, latent_lr=1e-3, d_weight=1.0, mse_weight=1.0),
            dict(blocks=3, weight_lr=1e-4, latent_lr=1e-4, d_weight=1.0, mse_weight=1.0),
            dict(blocks=4, weight_lr=1e-4, latent_lr=1e-4, d_weight=0.5, mse_weight=50.0),
            dict(blocks=5, weight_lr=1e-5, latent_lr=1e-5, d_weight=0.1, mse_weight=100.0),
        ]
    ],
    candidates=dict(candidates=500, latent_scale=0.3),
)
