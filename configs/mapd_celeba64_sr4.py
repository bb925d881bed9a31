"""MAP-D, faces of 64×64 from 16×16."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/dcgan_celeba64_uniform.py',
    './_base_/datasets/faces64.py',
    './_base_/degradations/sr4.py',
    './_base_/schedules/mapd_sr4.py',
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
