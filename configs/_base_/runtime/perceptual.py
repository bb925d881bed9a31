"""As default.py, and the papers' perceptual similarity "PS" (LPIPS with AlexNet)."""

_base_ = './default.py'

# Its weights are fetched at the first run; without them one line says so, and it is left out.
test_evaluator = dict(metrics=[*_base_.test_evaluator.metrics, dict(type='LPIPS')])
