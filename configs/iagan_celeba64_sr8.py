"""IAGAN, faces of 64×64 from 8×8."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/began_celeba64.py',
    './_base_/datasets/faces64.py',
    './_base_/degradations/sr8.py',
    './_base_/schedules/iagan_began64.py',
]

model = dict(
    prior={{_base_.prior}},
    back_projection=True,
    baselines=[dict(type='Bicubic'), dict(type='DIP', iterations=500, channels=64)],
)
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            {{_base_.load_photo}},
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
