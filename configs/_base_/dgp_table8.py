"""DGP, biased towards the squared error (paper, table 8), with instance norms."""

model = dict(
    type='DGP',
    schedule=dict(
        blocks=[1, 2, 3, 4, 5],
        iterations=[200, 200, 200, 200, 200],
        weight_lr=[2e-4, 2e-4, 1e-4, 1e-4, 1e-5],
        latent_lr=[1e-3, 1e-3, 1e-4, 1e-4, 1e-5],
        d_weight=[1.0, 1.0, 1.0, 0.5, 0.1],
        mse_weight=[1.0, 1.0, 1.0, 50.0, 100.0],
        features=8,
        instance_norm=True,
    ),
    candidates=dict(candidates=500, latent_scale=0.3),
)
