"""mGANprior with the package's own PGGAN, held-out toy faces: a hole in the middle."""

_base_ = [
    '_base_/data/toyfaces.py',
    '_base_/degradations/inpaint16.py',
    '_base_/mganprior64_repair.py',
]
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
