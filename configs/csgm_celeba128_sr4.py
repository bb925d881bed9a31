"""CSGM, IAGAN paper, Table 2, CelebA ×4."""

_base_ = ['_base_/data/celeba128.py', '_base_/degradations/sr4.py', '_base_/csgm_began.py']
model = dict(back_projection=True)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
