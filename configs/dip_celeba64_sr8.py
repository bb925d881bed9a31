"""Deep image prior, faces of 64×64 from 8×8."""

_base_ = ['_base_/data/celeba64.py', '_base_/degradations/sr8.py', '_base_/dip64.py']
model = dict(iterations=500)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
