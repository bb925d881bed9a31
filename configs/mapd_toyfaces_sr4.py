"""MAP-D, toy faces of 64×64 from 16×16."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/dcgan_toyfaces_uniform.py',
    './_base_/datasets/toyfaces_test.py',
    './_base_/degradations/sr4.py',
    './_base_/schedules/mapd_sr4.py',
]

model = dict(prior={{_base_.prior}})
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
