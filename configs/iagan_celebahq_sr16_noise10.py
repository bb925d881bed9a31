"""IAGAN, IAGAN paper, Table 3, CelebA-HQ ×16 with noise."""

_base_ = [
    '_base_/data/celebahq.py',
    '_base_/degradations/sr16_noise10.py',
    '_base_/iagan_pggan_sr_noise.py',
]
model = dict(baselines=[dict(type='Bicubic')])
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
