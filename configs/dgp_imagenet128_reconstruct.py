"""DGP, ImageNet 128×128, reconstructed."""

_base_ = [
    './_base_/runtime/dgp_reconstruct.py',
    './_base_/priors/biggan_imagenet128.py',
    './_base_/datasets/imagenet128.py',
    './_base_/degradations/identity.py',
    './_base_/schedules/dgp_reconstruct.py',
]

model = dict(prior={{_base_.prior}}, discriminator={{_base_.discriminator}})
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            {{_base_.load_photo}},
            dict(type='Degrade', degradation={{_base_.degradation}}),
            {{_base_.pack}},
        ],
    ),
)
