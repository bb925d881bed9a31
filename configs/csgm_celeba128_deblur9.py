"""CSGM, IAGAN paper, Table 4, CelebA, U(9×9) with noise."""

_base_ = ['_base_/data/celeba128.py', '_base_/degradations/deblur9.py', '_base_/csgm_began.py']
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
