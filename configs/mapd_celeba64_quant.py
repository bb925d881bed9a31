"""MAP-D, faces of five levels per channel."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/dcgan_celeba64_uniform.py',
    './_base_/datasets/faces64.py',
    './_base_/degradations/quant5.py',
    './_base_/schedules/mapd_quant.py',
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
