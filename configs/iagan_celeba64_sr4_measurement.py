"""IAGAN on files that are already small: 16×16 pictures of faces, no ground truth."""

_base_ = [
    '_base_/data/measured.py',
    '_base_/degradations/sr4_replicate.py',
    '_base_/iagan_began64.py',
]
model = dict(back_projection=True, baselines=[dict(type='Bicubic')])
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
