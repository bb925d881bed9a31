"""mGANprior, a hole in the middle, LSUN bedroom (BIGPrior paper, Table III)."""

_base_ = [
    '_base_/data/lsunbedroom.py',
    '_base_/degradations/inpaint64.py',
    '_base_/mganprior_repair.py',
]
model = dict(prior=dict(checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/pggan_lsunbedroom.pth'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
