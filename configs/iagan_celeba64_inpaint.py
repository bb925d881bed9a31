"""IAGAN, a hole in faces of 64×64."""

_base_ = ['_base_/data/celeba64.py', '_base_/degradations/inpaint.py', '_base_/iagan_began64.py']
model = dict(
    back_projection=True,
    baselines=[dict(type='PseudoInverse'), dict(type='DIP', iterations=1000, channels=64)],
)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
