"""Bicubic upsampling, IAGAN paper, Table 2, CelebA ×4."""

_base_ = ['_base_/data/celeba128.py', '_base_/degradations/sr4.py', '_base_/bicubic.py']
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
