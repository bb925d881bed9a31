"""DGP, adversarial defence (paper, table 10).

All blocks are adapted. The squared error that ends a stage is on [-1, 1], as in the code.
"""

_base_ = './runtime/default.py'
model = dict(
    type='DGP',
    stages=[
        dict(row, d_weight=0.0, mse_weight=1.0, instance_norm=True)
        for row in [
            dict(iterations=100, weight_lr=2e-7, latent_lr=5e-2),
            dict(iterations=900, weight_lr=1e-4, latent_lr=1e-4),
        ]
    ],
    stop_mse=5e-3,
    candidates=dict(candidates=500, latent_scale=0.5, search_class='always'),
    baselines=[dict(type='MeasurementPicture')],
)
test_evaluator = dict(
    metrics=[
        # Those of the picture; the rest compares with the measurement, which is the attacked one.
        *_base_.test_evaluator.metrics[:5],
        dict(type='AttackedAccuracy'),
        dict(type='ClassifierAccuracy', prefix='other'),
    ],
)
