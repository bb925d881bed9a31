"""Deep image prior, IAGAN paper, Table 3, CelebA ×4 with noise."""

_base_ = ['_base_/data/celeba128.py', '_base_/degradations/sr4_noise10.py', '_base_/dip.py']
model = dict(iterations=500)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
