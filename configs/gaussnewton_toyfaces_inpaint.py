"""GaussNewton with the package's own prior, held-out toy faces: a hole in the middle."""

_base_ = [
    '_base_/data/toyfaces.py',
    '_base_/degradations/inpaint.py',
    '_base_/gaussnewton_biggan64.py',
]
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
