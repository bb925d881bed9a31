"""Class-conditional BigGAN (Brock et al., 2019) on toy faces: both networks, for DGP."""

_base_ = ['./_base_/runtime/training.py', './_base_/datasets/toyfaces_train.py']

model = dict(
    type='BigGAN',
    num_classes=5,
    data_preprocessor=dict(type='DataPreprocessor'),
    generator=dict(
        type='BigGANGenerator',
        output_scale=64,
        noise_size=80,
        num_classes=5,
        shared_dim=32,
        # The stock layout with 12 base channels, but attention at 32×32: a sixteenth of its cost.
        arch_cfg=dict(
            in_channels=[192, 192, 96, 48],
            out_channels=[192, 96, 48, 24],
            upsample=[True, True, True, True],
            resolution=[8, 16, 32, 64],
            attention=[False, False, True, False],
        ),
        auto_sync_bn=False,
    ),
    discriminator=dict(type='BigGANDiscriminator', input_scale=64, num_classes=5, base_channels=16),
    generator_steps=1,
    discriminator_steps=2,
    ema_config=dict(type='ExponentialMovingAverage', momentum=0.001, start_iter=500),
)
train_dataloader = dict(batch_size=32, dataset=dict(labels=True))
optim_wrapper = dict(
    generator=dict(optimizer=dict(type='Adam', lr=2e-4, betas=(0.0, 0.999))),
    discriminator=dict(optimizer=dict(type='Adam', lr=2e-4, betas=(0.0, 0.999))),
)
train_cfg = dict(max_iters=24000)
