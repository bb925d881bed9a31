"""GaussNewton with the package's own prior, held-out toy faces: colour from luminance."""

_base_ = [
    '_base_/data/toyfaces.py',
    '_base_/degradations/color.py',
    '_base_/gaussnewton_biggan64.py',
]
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
