"""mGANprior, colorization, LSUN church (BIGPrior paper, Table II)."""

_base_ = [
    '_base_/data/lsunchurch.py',
    '_base_/degradations/color_y.py',
    '_base_/mganprior_color.py',
]
model = dict(prior=dict(checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/pggan_lsunchurch.pth'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
