"""MAP-D, toy faces coloured from the V channel of HSV."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/dcgan_toyfaces_uniform.py',
    './_base_/datasets/toyfaces_test.py',
    './_base_/degradations/hsv_value.py',
    './_base_/schedules/mapd_color.py',
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
