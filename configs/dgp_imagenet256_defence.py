"""DGP, ImageNet 256×256, cleaned of an attack."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/biggan_imagenet256.py',
    './_base_/datasets/imagenet256.py',
    './_base_/degradations/adversarial.py',
    './_base_/schedules/dgp_defence.py',
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
# The operator is an attack, which the restored image is not to be put through again.
test_evaluator = dict(
    metrics=[
        dict(type='PSNR'),
        dict(type='PooledPSNR'),
        dict(type='SSIM'),
        dict(type='MAE'),
        dict(type='MSE'),
        dict(type='AttackedAccuracy'),
        # MMPretrain's ResNet-50, which the attack has not seen.
        dict(type='ClassifierAccuracy', prefix='other'),
    ],
)
