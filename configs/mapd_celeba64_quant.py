"""MAP-D, faces of five levels per channel."""

_base_ = ['_base_/data/celeba64.py', '_base_/degradations/quant5.py', '_base_/mapd_quant.py']
model = dict(prior=dict(name='dcgan_celeba_64'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
