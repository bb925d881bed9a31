"""GaussNewton with a DCGAN of synthetic people, colour of faces of 64×64 from luminance."""

_base_ = [
    '_base_/data/celeba64.py',
    '_base_/degradations/color.py',
    '_base_/gaussnewton_digiface64.py',
]
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
