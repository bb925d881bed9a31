"""IAGAN, IAGAN paper, Table 4, CelebA-HQ, U(9×9) with noise."""

_base_ = [
    './_base_/runtime/perceptual.py',
    './_base_/priors/pggan_celebahq.py',
    './_base_/datasets/celebahq1024.py',
    './_base_/degradations/deblur9.py',
    './_base_/schedules/iagan_pggan_sr_noise.py',
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
