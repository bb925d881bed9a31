"""Deep image prior, IAGAN paper, Table 2, CelebA-HQ ×16."""

_base_ = ['_base_/data/celebahq.py', '_base_/degradations/sr16.py', '_base_/dip.py']
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
