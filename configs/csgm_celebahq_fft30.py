"""CSGM, IAGAN paper, Table 1, CelebA-HQ, 30 % of the Fourier coefficients."""

_base_ = ['_base_/data/celebahq.py', '_base_/degradations/fft30.py', '_base_/csgm_pggan.py']
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
