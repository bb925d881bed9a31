"""IAGAN, IAGAN paper, Table 1, CelebA, 50 % of the Fourier coefficients."""

_base_ = [
    '_base_/data/celeba128.py',
    '_base_/degradations/fft50.py',
    '_base_/iagan_began_cs_noise.py',
]
model = dict(baselines=[dict(type='ZeroFilled')])
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
