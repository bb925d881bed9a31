"""IAGAN, faces of 64×64 from 8×8."""

_base_ = ['_base_/data/celeba64.py', '_base_/degradations/sr8.py', '_base_/iagan_began64.py']
model = dict(
    back_projection=True,
    baselines=[dict(type='Bicubic'), dict(type='DIP', iterations=500, channels=64)],
)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
