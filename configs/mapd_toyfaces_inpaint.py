"""MAP-D, held-out toy faces: a hole of 32×32."""

_base_ = ['_base_/data/toyfaces.py', '_base_/degradations/inpaint32.py', '_base_/mapd_inpaint.py']
model = dict(prior=dict(name='dcgan_toyfaces'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
