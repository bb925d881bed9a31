"""MAP-D, faces coloured from the V channel of HSV."""

_base_ = ['_base_/data/celeba64.py', '_base_/degradations/hsv_value.py', '_base_/mapd_color.py']
model = dict(prior=dict(name='dcgan_celeba_64'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
