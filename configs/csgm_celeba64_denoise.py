"""CSGM, noise of 25/255 in faces of 64×64."""

_base_ = ['_base_/data/celeba64.py', '_base_/degradations/denoise25.py', '_base_/csgm_began64.py']
model = dict(back_projection=False, baselines=[dict(type='TotalVariation', iterations=20)])
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
