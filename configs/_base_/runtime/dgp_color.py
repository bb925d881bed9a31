"""As default.py, and the accuracy of a ResNet-50 on the colours, as DGP reports it."""

_base_ = './default.py'

test_evaluator = dict(
    metrics=[
        *_base_.test_evaluator.metrics,
        dict(type='DGPMetrics', task='colorization'),
        dict(type='ClassifierAccuracy'),
    ],
)
