"""IAGAN with a DCGAN of synthetic people, colour of faces of 64×64 from luminance."""

_base_ = ['_base_/data/celeba64.py', '_base_/degradations/color.py', '_base_/iagan_dcgan64.py']
model = dict(
    prior=dict(name='dcgan_digiface64'),
    back_projection=True,
    baselines=[dict(type='PseudoInverse')],
)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
