"""DGP at 64×64, inpainting: a quarter of the paper's iterations, for a CPU."""

_base_ = './dgp64.py'
model = dict(
    stages=[
        dict(row, blocks=4, instance_norm=True)
        for row in [
            dict(iterations=100, weight_lr=4e-4, latent_lr=5e-3, d_weight=1.0, mse_weight=1.0),
            dict(iterations=50, weight_lr=2e-4, latent_lr=1e-3, d_weight=1.0, mse_weight=1.0),
            dict(iterations=50, weight_lr=2e-4, latent_lr=5e-4, d_weight=0.1, mse_weight=100.0),
            dict(iterations=50, weight_lr=5e-5, latent_lr=1e-4, d_weight=0.1, mse_weight=100.0),
        ]
    ],
    tune_class=True,
    baselines=[dict(type='MeasurementPicture')],
)
