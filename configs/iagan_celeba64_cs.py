"""IAGAN, faces of 64×64 from random projections."""

_base_ = ['_base_/data/celeba64.py', '_base_/degradations/cs.py', '_base_/iagan_began64.py']
model = dict(
    back_projection=True,
    baselines=[dict(type='PseudoInverse'), dict(type='DIP', iterations=1000, channels=64)],
)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
