"""IAGAN, IAGAN paper, Table 2, CelebA-HQ ×8."""

_base_ = ['_base_/data/celebahq.py', '_base_/degradations/sr8.py', '_base_/iagan_pggan_sr.py']
model = dict(back_projection=True, baselines=[dict(type='Bicubic')])
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
