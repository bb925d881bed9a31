"""PGGAN (Karras et al., 2018) on toy faces, grown from 4×4 to 64×64: for multi-code inversion."""

_base_ = ['./_base_/runtime/training.py', './_base_/datasets/toyfaces_train.py']

model = dict(
    type='ProgressiveGrowingGAN',
    noise_size=128,
    data_preprocessor=dict(type='DataPreprocessor'),
    generator=dict(
        type='PGGANGenerator', out_scale=64, noise_size=128, base_channels=1024, max_channels=128
    ),
    discriminator=dict(
        type='PGGANDiscriminator', in_scale=64, base_channels=1024, max_channels=128
    ),
    # Thousands of images at each side.
    nkimgs_per_scale={'4': 20, '8': 40, '16': 60, '32': 120, '64': 300},
    transition_kimgs=20,
    ema_config=dict(type='ExponentialMovingAverage', momentum=0.002),
)
train_dataloader = dict(
    dataset=dict(growing={'4': 64, '8': 64, '16': 64, '32': 32, '64': 32}),
)
optim_wrapper = dict(
    constructor='PGGANOptimWrapperConstructor',
    generator=dict(optimizer=dict(type='Adam', lr=1e-3, betas=(0.0, 0.99))),
    discriminator=dict(optimizer=dict(type='Adam', lr=1e-3, betas=(0.0, 0.99))),
    lr_schedule=dict(generator={}, discriminator={}),
)
custom_hooks = [
    dict(
        type='VisualizationHook',
        interval=1000,
        fixed_input=True,
        n_samples=64,
        vis_kwargs_list=dict(type='GAN', name='samples'),
    ),
    dict(type='GrowingDataHook'),
]
# 1,875 iterations up to 16×16, 3,750 at 32×32, 9,375 at 64×64.
train_cfg = dict(max_iters=15000)
