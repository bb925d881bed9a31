"""IAGAN on files that are already small: 16×16 pictures of faces, no ground truth."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/began_celeba64.py',
    './_base_/datasets/measured.py',
    './_base_/degradations/sr4_replicate.py',
    './_base_/schedules/iagan_began64.py',
]

model = dict(
    prior={{_base_.prior}},
    back_projection=True,
    baselines=[dict(type='Bicubic')],
)
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(
                type='LoadMeasurement',
                degradation={{_base_.degradation}},
                image_shape=(3, 64, 64),
            ),
            {{_base_.load_truth}},
            {{_base_.pack}},
        ],
    ),
)
