"""Class-conditional BigGAN (Brock et al., 2019) on toy faces: both networks, for DGP."""

_base_ = ['_base_/runtime/training.py', '_base_/data/toyfaces_train.py']

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
        # The stock layout, a sixth as wide and without attention: for a training on two cores.
        arch_cfg=dict(
            in_channels=[128, 128, 64, 32],
            out_channels=[128, 64, 32, 16],
            upsample=[True, True, True, True],
            resolution=[8, 16, 32, 64],
            attention=[False, False, False, False],
        ),
        auto_sync_bn=False,
    ),
    discriminator=dict(
        type='BigGANDiscriminator',
        input_scale=64,
        num_classes=5,
        arch_cfg=dict(
            in_channels=[3, 24, 48, 96, 128],
            out_channels=[24, 48, 96, 128, 128],
            downsample=[True, True, True, True, False],
            resolution=[32, 16, 8, 4, 4],
            attention=[False, False, False, False, False],
        ),
    ),
    generator_steps=1,
    discriminator_steps=1,
    # Statistics of the batch normalisation are averaged with the weights that they belong to.
    ema_config=dict(
        type='ExponentialMovingAverage', momentum=0.001, start_iter=2000, update_buffers=True
    ),
)
train_dataloader = dict(
    batch_size=32,
    dataset=dict(labels=True, pipeline=[dict(type='PackInputs'), dict(type='FlattenLabel')]),
)
optim_wrapper = dict(
    generator=dict(
        type='BFloat16OptimWrapper', optimizer=dict(type='Adam', lr=2e-4, betas=(0.0, 0.99))
    ),
    discriminator=dict(
        type='BFloat16OptimWrapper', optimizer=dict(type='Adam', lr=4e-4, betas=(0.0, 0.99))
    ),
)
# The spectral normalization calls `view` on the weights: they have to keep their order.
custom_hooks = [{{_base_.samples}}, dict(type='ChannelsLastHook', weights=False)]
train_cfg = dict(max_iters=6500)
