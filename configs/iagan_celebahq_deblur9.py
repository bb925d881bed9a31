"""IAGAN, IAGAN paper, Table 4, CelebA-HQ, U(9×9) with noise."""

_base_ = [
    '_base_/data/celebahq.py',
    '_base_/degradations/deblur9.py',
    '_base_/iagan_pggan_sr_noise.py',
]
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
