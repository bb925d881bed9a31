"""IAGAN, IAGAN paper, Table 2, CelebA ×8."""

_base_ = ['_base_/data/celeba128.py', '_base_/degradations/sr8.py', '_base_/iagan_began_sr.py']
model = dict(back_projection=True, baselines=[dict(type='Bicubic')])
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
