"""BIGPrior over mGANprior, end to end: colorization of held-out toy faces."""

_base_ = ['./mganprior_toyfaces_color.py', './_base_/metrics/bigprior.py']

model = dict(
    _delete_=True,
    type='BIGPrior',
    checkpoint='{{$MGP_PHI_CHECKPOINT:checkpoints/bigprior_phi.pth}}',
    prior_editor={{_base_.model}},
    baselines=[dict(type='MeasurementPicture')],
    maps=True,
)
test_evaluator = dict(metrics={{_base_.fusion_metrics}})
