"""mGANprior with the package's own PGGAN, held-out toy faces: colour from luminance."""

_base_ = [
    '_base_/data/toyfaces.py',
    '_base_/degradations/color_y.py',
    '_base_/mganprior64_color.py',
]
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
