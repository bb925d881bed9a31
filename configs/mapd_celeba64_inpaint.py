"""MAP-D, a hole of 32×32 in faces."""

_base_ = ['_base_/data/celeba64.py', '_base_/degradations/inpaint32.py', '_base_/mapd_inpaint.py']
model = dict(prior=dict(name='dcgan_celeba_64'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
