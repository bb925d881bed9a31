"""mGANprior with the package's own PGGAN, a hole in held-out toy faces."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/pggan_toyfaces.py',
    './_base_/datasets/toyfaces_test.py',
    './_base_/degradations/inpaint16.py',
    './_base_/schedules/mganprior64_repair.py',
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
