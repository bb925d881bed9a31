"""DGP, inpainting (paper, table 7), with the class embedding and instance norms."""

_base_ = './runtime/dgp_inpaint.py'
model = dict(
    type='DGP',
    stages=[
        dict(row, blocks=5, features=8, instance_norm=True)
        for row in [
            dict(iterations=400, weight_lr=2e-4, latent_lr=1e-3, d_weight=1.0, mse_weight=1.0),
            dict(iterations=200, weight_lr=1e-4, latent_lr=1e-4, d_weight=1.0, mse_weight=1.0),
            dict(iterations=200, weight_lr=1e-4, latent_lr=1e-4, d_weight=0.1, mse_weight=100.0),
            dict(iterations=200, weight_lr=1e-5, latent_lr=1e-5, d_weight=0.1, mse_weight=100.0),
        ]
    ],
    candidates=dict(candidates=500, latent_scale=0.3),
    tune_class=True,
    baselines=[dict(type='MeasurementPicture')],
)
