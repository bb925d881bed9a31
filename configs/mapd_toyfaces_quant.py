"""MAP-D, held-out toy faces: five levels per channel."""

_base_ = ['_base_/data/toyfaces.py', '_base_/degradations/quant5.py', '_base_/mapd_quant.py']
model = dict(prior=dict(name='dcgan_toyfaces'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
