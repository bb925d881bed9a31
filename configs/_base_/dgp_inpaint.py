"""DGP, inpainting (paper, table 7), with the class embedding and instance norms."""

_base_ = './runtime/dgp_inpaint.py'
model = dict(
    type='DGP',
    schedule=dict(
        blocks=5,
        iterations=[400, 200, 200, 200],
        weight_lr=[2e-4, 1e-4, 1e-4, 1e-5],
        latent_lr=[1e-3, 1e-4, 1e-4, 1e-5],
        d_weight=[1.0, 1.0, 0.1, 0.1],
        mse_weight=[1.0, 1.0, 100.0, 100.0],
        features=8,
        instance_norm=True,
    ),
    candidates=dict(candidates=500, latent_scale=0.3),
    tune_class=True,
    baselines=[dict(type='MeasurementPicture')],
)
