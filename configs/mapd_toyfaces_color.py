"""MAP-D, held-out toy faces: colour from the V channel of HSV."""

_base_ = ['_base_/data/toyfaces.py', '_base_/degradations/hsv_value.py', '_base_/mapd_color.py']
model = dict(prior=dict(name='dcgan_toyfaces'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
