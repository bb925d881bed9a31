"""DGP at 64×64, adversarial defence: the class is unknown, the search stops at an MSE of 5e-3."""

model = dict(
    type='DGP',
    schedule=dict(
        blocks=4,
        iterations=[50, 200],
        weight_lr=[2e-6, 2e-4],
        latent_lr=[5e-2, 1e-3],
        d_weight=0.0,
        mse_weight=1.0,
        stop_mse=5e-3,
        instance_norm=True,
    ),
    candidates=dict(candidates=200, latent_scale=0.5, search_class='always'),
    baselines=[dict(type='MeasurementPicture')],
)
