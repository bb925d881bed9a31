"""MAP-D, faces of 64×64 from 16×16."""

_base_ = ['_base_/data/celeba64.py', '_base_/degradations/sr4.py', '_base_/mapd_sr4.py']
model = dict(prior=dict(name='dcgan_celeba_64'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
