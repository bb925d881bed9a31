"""MAP-D, a hole of 32×32 in faces."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/dcgan_celeba64_uniform.py',
    './_base_/datasets/faces64.py',
    './_base_/degradations/inpaint_half.py',
    './_base_/schedules/mapd_inpaint.py',
]

model = dict(prior={{_base_.prior}})
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            {{_base_.load_photo}},
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
