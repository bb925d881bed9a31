"""GaussNewton with a DCGAN of synthetic people, a hole in faces of 64×64."""

_base_ = [
    '_base_/data/celeba64.py',
    '_base_/degradations/inpaint.py',
    '_base_/gaussnewton_digiface64.py',
]
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
