"""DGP at 64×64, inpainting: a quarter of the paper's iterations, for a CPU."""

_base_ = './dgp64.py'
model = dict(
    schedule=dict(
        blocks=4,
        iterations=[100, 50, 50, 50],
        weight_lr=[4e-4, 2e-4, 2e-4, 5e-5],
        latent_lr=[5e-3, 1e-3, 5e-4, 1e-4],
        d_weight=[1.0, 1.0, 0.1, 0.1],
        mse_weight=[1.0, 1.0, 100.0, 100.0],
        instance_norm=True,
    ),
    tune_class=True,
    baselines=[dict(type='MeasurementPicture')],
)
