"""BIGPrior over mGANprior, end to end, held-out toy faces: a hole in the middle."""

_base_ = ['mganprior_toyfaces_inpaint.py', '_base_/bigprior_end64.py']
model = dict(_base_.fusion, _delete_=True, prior_editor=_base_.model)
test_evaluator = dict(metrics=_base_.fusion_metrics)
