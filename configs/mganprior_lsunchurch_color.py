"""mGANprior, colorization of LSUN church (BIGPrior paper, Table II)."""

_base_ = [
    './_base_/runtime/colors.py',
    './_base_/priors/pggan_lsunchurch.py',
    './_base_/datasets/lsunchurch.py',
    './_base_/degradations/color_y.py',
    './_base_/schedules/mganprior_color.py',
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
