"""DGP, colorization (paper, table 6); ratios, features and candidates of the released scripts."""

_base_ = './runtime/dgp_color.py'
model = dict(
    type='DGP',
    stages=[
        dict(row, d_weight=1.0, mse_weight=0.0, features=7)
        for row in [
            dict(blocks=1, iterations=200, weight_lr=5e-5, latent_lr=2e-3, lr_ratio=0.7),
            dict(blocks=2, iterations=200, weight_lr=5e-5, latent_lr=1e-3, lr_ratio=0.7),
            dict(blocks=3, iterations=300, weight_lr=5e-5, latent_lr=5e-4, lr_ratio=0.8),
            dict(blocks=4, iterations=400, weight_lr=5e-5, latent_lr=5e-5, lr_ratio=0.9),
            dict(blocks=5, iterations=300, weight_lr=2e-5, latent_lr=2e-5, lr_ratio=1.0),
        ]
    ],
    candidates=dict(candidates=500, latent_scale=0.5),
    postprocess=[dict(type='LabMerge')],
    main='DGP-Lab',
    baselines=[dict(type='MeasurementPicture')],
)
