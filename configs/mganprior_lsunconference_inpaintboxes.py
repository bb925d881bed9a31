"""mGANprior, random holes, LSUN conference (BIGPrior paper, Table IV)."""

_base_ = [
    './_base_/runtime/perceptual.py',
    './_base_/priors/pggan_lsunconference.py',
    './_base_/datasets/lsunconference.py',
    './_base_/degradations/inpaintboxes.py',
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
