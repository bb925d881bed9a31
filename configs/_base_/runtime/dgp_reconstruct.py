"""As default.py, and the numbers of DGP's table 1 by its own conventions."""

_base_ = './default.py'

test_evaluator = dict(
    metrics=[
        *_base_.test_evaluator.metrics,
        dict(type='DGPMetrics'),
    ],
)
