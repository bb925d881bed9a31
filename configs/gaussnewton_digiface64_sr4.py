"""GaussNewton with a DCGAN of synthetic people, faces of 64×64 from 16×16."""

_base_ = [
    '_base_/data/celeba64.py',
    '_base_/degradations/sr4.py',
    '_base_/gaussnewton_digiface64.py',
]
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
