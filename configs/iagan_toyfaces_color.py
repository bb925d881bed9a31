"""IAGAN with the package's own prior: colour from luminance, held-out toy faces."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/dcgan_toyfaces.py',
    './_base_/datasets/toyfaces_test.py',
    './_base_/degradations/color.py',
    './_base_/schedules/iagan_dcgan64.py',
]

model = dict(
    prior={{_base_.prior}},
    back_projection=True,
    baselines=[dict(type='MeasurementPicture')],
)
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
