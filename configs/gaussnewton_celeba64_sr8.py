"""GaussNewton, faces of 64×64 from 8×8."""

_base_ = ['_base_/data/celeba64.py', '_base_/degradations/sr8.py', '_base_/gaussnewton_began64.py']
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
