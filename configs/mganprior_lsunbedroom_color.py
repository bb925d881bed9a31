"""mGANprior, colorization, LSUN bedroom (BIGPrior paper, Table II)."""

_base_ = [
    '_base_/data/lsunbedroom.py',
    '_base_/degradations/color_y.py',
    '_base_/mganprior_color.py',
]
model = dict(prior=dict(checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/pggan_lsunbedroom.pth'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
