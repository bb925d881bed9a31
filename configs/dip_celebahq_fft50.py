"""Deep image prior, IAGAN paper, Table 1, CelebA-HQ, 50 % of the Fourier coefficients."""

_base_ = ['_base_/data/celebahq.py', '_base_/degradations/fft50.py', '_base_/dip.py']
model = dict(iterations=1000)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
