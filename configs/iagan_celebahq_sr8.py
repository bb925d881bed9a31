"""IAGAN, IAGAN paper, Table 2, CelebA-HQ ×8."""

_base_ = [
    './_base_/runtime/perceptual.py',
    './_base_/priors/pggan_celebahq.py',
    './_base_/datasets/celebahq1024.py',
    './_base_/degradations/sr8.py',
    './_base_/schedules/iagan_pggan_sr.py',
]

model = dict(prior={{_base_.prior}}, back_projection=True, baselines=[dict(type='Bicubic')])
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            {{_base_.load_photo}},
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
