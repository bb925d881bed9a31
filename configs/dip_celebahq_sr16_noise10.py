"""Deep image prior, IAGAN paper, Table 3, CelebA-HQ ×16 with noise."""

_base_ = ['_base_/data/celebahq.py', '_base_/degradations/sr16_noise10.py', '_base_/dip.py']
model = dict(iterations=1000)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
