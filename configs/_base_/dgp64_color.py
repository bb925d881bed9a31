"""DGP at 64×64, colorization: a fifth of the paper's iterations, for a CPU."""

_base_ = './dgp64.py'
model = dict(
    schedule=dict(
        blocks=[1, 2, 3, 4],
        iterations=[60, 60, 80, 80],
        weight_lr=[1e-4, 1e-4, 1e-4, 5e-5],
        latent_lr=[1e-2, 5e-3, 1e-3, 5e-4],
        lr_ratio=[0.7, 0.7, 0.8, 1.0],
        d_weight=1.0,
        mse_weight=0.0,
    ),
    postprocess=[dict(type='LabMerge')],
    main='DGP-Lab',
    baselines=[dict(type='MeasurementPicture')],
)
