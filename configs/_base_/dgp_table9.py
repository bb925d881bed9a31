"""DGP, biased towards the discriminator (paper, table 9)."""

model = dict(
    type='DGP',
    schedule=dict(
        blocks=[1, 2, 3, 4, 5],
        iterations=[200, 200, 200, 200, 200],
        weight_lr=[5e-5, 5e-5, 2e-5, 1e-5, 1e-5],
        latent_lr=[2e-3, 1e-3, 2e-5, 1e-5, 1e-5],
        d_weight=1.0,
        mse_weight=1.0,
        features=8,
    ),
    candidates=dict(candidates=500, latent_scale=0.3),
)
