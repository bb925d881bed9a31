"""DGP at 64×64, adversarial defence: the class is unknown, the search stops at an MSE of 5e-3."""

_base_ = './dgp64.py'
model = dict(
    stages=[
        dict(row, blocks=4, d_weight=0.0, mse_weight=1.0, instance_norm=True)
        for row in [
            dict(iterations=50, weight_lr=2e-6, latent_lr=5e-2),
            dict(iterations=200, weight_lr=2e-4, latent_lr=1e-3),
        ]
    ],
    stop_mse=5e-3,
    candidates=dict(search_class='always'),
    baselines=[dict(type='MeasurementPicture')],
)
test_evaluator = dict(
    metrics=[
        # Those of the picture; the rest compares with the measurement, which is the attacked one.
        *_base_.test_evaluator.metrics[:5],
        dict(
            type='AttackedAccuracy',
            classifier='shufflenet_v2_x0_5',
            weights='toyfaces',
            num_classes=5,
            size=None,
        ),
    ],
)
