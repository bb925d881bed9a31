"""mGANprior, super-resolution ×4, LSUN bedroom (its official code)."""

_base_ = [
    '_base_/data/lsunbedroom.py',
    '_base_/degradations/bilinear4.py',
    '_base_/mganprior_sr.py',
]
model = dict(prior=dict(checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/pggan_lsunbedroom.pth'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
