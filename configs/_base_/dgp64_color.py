"""DGP at 64×64, colorization: a fifth of the paper's iterations, for a CPU."""

_base_ = './dgp64.py'
model = dict(
    stages=[
        dict(row, d_weight=1.0, mse_weight=0.0)
        for row in [
            dict(blocks=1, iterations=60, weight_lr=1e-4, latent_lr=1e-2, lr_ratio=0.7),
            dict(blocks=2, iterations=60, weight_lr=1e-4, latent_lr=5e-3, lr_ratio=0.7),
            dict(blocks=3, iterations=80, weight_lr=1e-4, latent_lr=1e-3, lr_ratio=0.8),
            dict(blocks=4, iterations=80, weight_lr=5e-5, latent_lr=5e-4, lr_ratio=1.0),
        ]
    ],
    postprocess=[dict(type='LabMerge')],
    main='DGP-Lab',
    baselines=[dict(type='MeasurementPicture')],
)
