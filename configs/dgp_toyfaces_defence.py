"""DGP, toy faces, cleaned of an attack."""

_base_ = [
    './_base_/runtime/default.py',
    './_base_/priors/biggan_toyfaces.py',
    './_base_/datasets/toyfaces_test.py',
    './_base_/degradations/adversarial_toyfaces.py',
    './_base_/schedules/dgp64_defence.py',
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
# The operator is an attack, which the restored image is not to be put through again.
test_evaluator = dict(
    metrics=[
        dict(type='PSNR'),
        dict(type='PooledPSNR'),
        dict(type='SSIM'),
        dict(type='MAE'),
        dict(type='MSE'),
        dict(
            type='AttackedAccuracy',
            classifier='shufflenet_v2_x0_5',
            weights='toyfaces',
            num_classes=5,
            size=None,
        ),
    ],
)
