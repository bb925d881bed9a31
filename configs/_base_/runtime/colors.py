"""As default.py, and the area under the curve of colour errors, in percent."""

_base_ = './default.py'

test_evaluator = dict(
    metrics=[
        *_base_.test_evaluator.metrics,
        dict(type='ColorizationAuC'),
        dict(type='ColorizationAuC', eight_bit=True),
    ],
)
