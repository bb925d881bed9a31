"""mGANprior, blind denoising, LSUN church (BIGPrior paper, Table V)."""

_base_ = [
    './_base_/runtime/perceptual.py',
    './_base_/priors/pggan_lsunchurch.py',
    './_base_/datasets/lsunchurch.py',
    './_base_/degradations/denoise_blind.py',
    './_base_/schedules/mganprior_repair.py',
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
