"""CSGM, IAGAN paper, Table 1, CelebA, 50 % of the Fourier coefficients."""

_base_ = ['_base_/data/celeba128.py', '_base_/degradations/fft50.py', '_base_/csgm_began.py']
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
