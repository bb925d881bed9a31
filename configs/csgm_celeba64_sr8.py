"""CSGM, faces of 64×64 from 8×8."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/began_celeba64.py',
    './_base_/datasets/faces64.py',
    './_base_/degradations/sr8.py',
    './_base_/schedules/csgm_began64.py',
]

model = dict(prior={{_base_.prior}}, back_projection=True)
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            {{_base_.load_photo}},
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
