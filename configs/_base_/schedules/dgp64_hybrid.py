"""DGP at 64×64, hybrid restoration, for a CPU."""

model = dict(
    type='DGP',
    schedule=dict(
        blocks=[1, 2, 3, 4],
        iterations=[60, 60, 60, 60],
        weight_lr=[1e-4, 1e-4, 1e-4, 5e-5],
        latent_lr=[1e-2, 5e-3, 1e-3, 5e-4],
        d_weight=1.0,
        mse_weight=1.0,
    ),
    candidates=dict(candidates=200, latent_scale=0.5),
    baselines=[dict(type='MeasurementPicture')],
)
