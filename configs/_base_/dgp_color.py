"""DGP, colorization (paper, table 6); ratios, features and candidates of the released scripts."""

_base_ = './runtime/dgp_color.py'
model = dict(
    type='DGP',
    schedule=dict(
        blocks=[1, 2, 3, 4, 5],
        iterations=[200, 200, 300, 400, 300],
        weight_lr=[5e-5, 5e-5, 5e-5, 5e-5, 2e-5],
        latent_lr=[2e-3, 1e-3, 5e-4, 5e-5, 2e-5],
        lr_ratio=[0.7, 0.7, 0.8, 0.9, 1.0],
        d_weight=1.0,
        mse_weight=0.0,
        features=7,
    ),
    candidates=dict(candidates=500, latent_scale=0.5),
    postprocess=[dict(type='LabMerge')],
    main='DGP-Lab',
    baselines=[dict(type='MeasurementPicture')],
)
