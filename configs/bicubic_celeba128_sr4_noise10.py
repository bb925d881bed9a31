"""Bicubic upsampling, IAGAN paper, Table 3, CelebA ×4 with noise."""

_base_ = ['_base_/data/celeba128.py', '_base_/degradations/sr4_noise10.py', '_base_/bicubic.py']
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
