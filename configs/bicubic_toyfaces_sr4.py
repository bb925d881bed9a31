"""Bicubic enlargement of toy faces, ×4: the baseline of the others, without weights or data."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/datasets/toyfaces_test.py',
    './_base_/degradations/sr4.py',
    './_base_/schedules/bicubic.py',
]

test_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
