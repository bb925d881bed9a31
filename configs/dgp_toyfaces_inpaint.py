"""DGP, toy faces, with a hole of a third."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/biggan_toyfaces.py',
    './_base_/datasets/toyfaces_test.py',
    './_base_/degradations/inpaint.py',
    './_base_/schedules/dgp64_inpaint.py',
]

model = dict(prior={{_base_.prior}})
test_dataloader = dict(
    dataset=dict(
        labels=True,
        pipeline=[
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
