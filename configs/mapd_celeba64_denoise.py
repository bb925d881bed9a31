"""MAP-D, faces with noise of σ = 0.1."""

_base_ = ['_base_/data/celeba64.py', '_base_/degradations/noise01.py', '_base_/mapd_denoise.py']
model = dict(prior=dict(name='dcgan_celeba_64'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
