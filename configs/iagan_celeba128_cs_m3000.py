"""IAGAN, IAGAN paper, Figure 2, m = 3,000."""

_base_ = [
    './_base_/runtime/perceptual.py',
    './_base_/priors/began_celeba128.py',
    './_base_/datasets/celeba128.py',
    './_base_/degradations/cs_m3000.py',
    './_base_/schedules/iagan_began_cs.py',
]

model = dict(prior={{_base_.prior}}, back_projection=True)
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            {{_base_.load_photo}},
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
