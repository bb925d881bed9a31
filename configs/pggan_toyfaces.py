"""PGGAN (Karras et al., 2018) on toy faces, grown from 4×4 to 64×64: for multi-code inversion."""

_base_ = ['_base_/runtime/training.py', '_base_/data/toyfaces_train.py']

model = dict(
    type='ProgressiveGrowingGAN',
    noise_size=128,
    data_preprocessor=dict(type='DataPreprocessor'),
    generator=dict(
        type='PGGANGenerator', out_scale=64, noise_size=128, base_channels=512, max_channels=128
    ),
    discriminator=dict(type='PGGANDiscriminator', in_scale=64, base_channels=512, max_channels=128),
    # Thousands of images at each side.
    nkimgs_per_scale={'4': 10, '8': 30, '16': 64, '32': 96, '64': 118},
    transition_kimgs=8,
    ema_config=dict(type='ExponentialMovingAverage', momentum=0.002),
)
train_dataloader = dict(
    dataset=dict(growing={'4': 64, '8': 64, '16': 32, '32': 16, '64': 16}),
)
optim_wrapper = dict(
    constructor='PGGANOptimWrapperConstructor',
    generator=dict(
        type='BFloat16OptimWrapper', optimizer=dict(type='Adam', lr=1e-3, betas=(0.0, 0.99))
    ),
    discriminator=dict(
        type='BFloat16OptimWrapper', optimizer=dict(type='Adam', lr=1e-3, betas=(0.0, 0.99))
    ),
    lr_schedule=dict(generator={}, discriminator={}),
)
custom_hooks = [{{_base_.samples}}, dict(type='GrowingDataHook'), dict(type='ChannelsLastHook')]
# 2,630 iterations up to 16×16, 6,000 at 32×32, 7,370 at 64×64.
train_cfg = dict(max_iters=16000)
