"""A wider PGGAN on toy faces, that learns at full size to draw those of given parameters."""

_base_ = './pggan_toyfaces.py'

latents = 128
iterations = 20000
model = dict(
    _delete_=True,
    type='PairedGAN',
    noise_size=latents,
    data_preprocessor=dict(type='PairedPreprocessor'),
    generator=dict(
        type='PGGANGenerator',
        out_scale=64,
        noise_size=latents,
        base_channels=1024,
        max_channels=160,
    ),
    discriminator=dict(type='PGGANDiscriminator', in_scale=64, base_channels=512, max_channels=128),
    perceptual=dict(net='alex'),
    gradient_penalty=0.5,
    adversarial_start=iterations * 7 // 10,
    ema_config=dict(type='ExponentialMovingAverage', momentum=0.002, start_iter=1000),
)
train_dataloader = dict(
    batch_size=64,
    num_workers=2,
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        # 20,000 faces are learnt by heart (23.4 dB on them, 20.8 on others).
        seed=1,
        length=120_000,
        cache='work_dirs/toyfaces',
        latents=latents,
        growing=None,
        pipeline=[],
    ),
)
optim_wrapper = dict(
    _delete_=True,
    constructor='MultiOptimWrapperConstructor',
    generator=dict(optimizer=dict(type='Adam', lr=2e-3, betas=(0.9, 0.99))),
    discriminator=dict(optimizer=dict(type='Adam', lr=1e-3, betas=(0.0, 0.99))),
)
param_scheduler = dict(
    generator=[
        dict(type='CosineAnnealingLR', by_epoch=False, begin=0, end=iterations, eta_min=1e-5),
    ],
    discriminator=[],
)
custom_hooks = [{{_base_.samples}}]
train_cfg = dict(max_iters=iterations)
