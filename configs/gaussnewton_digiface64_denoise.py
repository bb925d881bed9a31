"""GaussNewton with a DCGAN of synthetic people, noise of 25/255 in faces of 64×64."""

_base_ = [
    '_base_/data/celeba64.py',
    '_base_/degradations/denoise25.py',
    '_base_/gaussnewton_digiface64.py',
]
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
