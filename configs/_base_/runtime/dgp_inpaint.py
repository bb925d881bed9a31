"""As default.py, and the numbers of DGP's table 2 by its own conventions, of the hole alone."""

_base_ = './default.py'

test_evaluator = dict(
    metrics=[
        *_base_.test_evaluator.metrics,
        dict(type='DGPMetrics', task='inpainting'),
    ],
)
