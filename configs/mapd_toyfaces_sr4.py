"""MAP-D, held-out toy faces: 64×64 from 16×16."""

_base_ = ['_base_/data/toyfaces.py', '_base_/degradations/sr4.py', '_base_/mapd_sr4.py']
model = dict(prior=dict(name='dcgan_toyfaces'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
