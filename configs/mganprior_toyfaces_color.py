"""mGANprior with the package's own PGGAN, colorization of held-out toy faces."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/pggan_toyfaces.py',
    './_base_/datasets/toyfaces_test.py',
    './_base_/degradations/color_y.py',
    './_base_/schedules/mganprior64_color.py',
]

model = dict(prior={{_base_.prior}}, maps=True, baselines=[dict(type='MeasurementPicture')])
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
