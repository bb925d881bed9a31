"""DGP, biased towards the discriminator (paper, table 9)."""

model = dict(
    type='DGP',
    stages=[
        dict(row, iterations=200, d_weight=1.0, mse_weight=1.0, features=8)
        for row in [
            dict(blocks=1, weight_lr=5e-5, latent_lr=2e-3),
            dict(blocks=2, weight_lr=5e-5, latent_lr=1e-3),
            dict(blocks=3, weight_lr=2e-5, latent_lr=2e-5),
            dict(blocks=4, weight_lr=1e-5, latent_lr=1e-5),
            dict(blocks=5, weight_lr=1e-5, latent_lr=1e-5),
        ]
    ],
    candidates=dict(candidates=500, latent_scale=0.3),
)
