"""IAGAN, faces of 64×64 from random projections."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/began_celeba64.py',
    './_base_/datasets/faces64.py',
    './_base_/degradations/cs.py',
    './_base_/schedules/iagan_began64.py',
]

model = dict(
    prior={{_base_.prior}},
    back_projection=True,
    baselines=[dict(type='PseudoInverse'), dict(type='DIP', iterations=1000, channels=64)],
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
