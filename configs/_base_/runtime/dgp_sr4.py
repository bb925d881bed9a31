"""As default.py, and the numbers of DGP's table 3: RMSE, NIQE, and its own conventions."""

_base_ = './default.py'

test_evaluator = dict(
    metrics=[
        *_base_.test_evaluator.metrics,
        dict(type='RMSE'),
        dict(type='PictureNIQE'),
        dict(type='DGPMetrics'),
    ],
)
