"""Deep image prior, IAGAN paper, Table 3, CelebA-HQ ×16 with noise."""

_base_ = [
    './_base_/runtime/perceptual.py',
    './_base_/datasets/celebahq1024.py',
    './_base_/degradations/sr16_noise10.py',
    './_base_/schedules/dip.py',
]

model = dict(iterations=1000)
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            {{_base_.load_photo}},
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
