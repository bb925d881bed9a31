"""A wider PGGAN that learns, at full size, to draw toy faces of given parameters; for a GPU."""

_base_ = ['./pggan_toyfaces.py', '_base_/data/toyfaces_paired.py']

iterations = 8000
model = dict(
    _delete_=True,
    type='PairedGAN',
    noise_size={{_base_.latents}},
    data_preprocessor=dict(type='PairedPreprocessor'),
    generator=dict(
        type='PGGANGenerator',
        out_scale=64,
        noise_size={{_base_.latents}},
        base_channels=1024,
        max_channels=160,
    ),
    discriminator=dict(type='PGGANDiscriminator', in_scale=64, base_channels=512, max_channels=128),
    perceptual=dict(net='alex'),
    gradient_penalty=0.05,
    adversarial_weight=0.004,
    adversarial_start=6500,
    ema_config=dict(type='ExponentialMovingAverage', momentum=0.002, start_iter=1000),
)
train_dataloader = dict(
    batch_size=256, collate_fn=dict(type='keep_batch'), dataset={{_base_.paired_dataset}}
)
optim_wrapper = dict(
    _delete_=True,
    constructor='MultiOptimWrapperConstructor',
    generator=dict(optimizer=dict(type='Adam', lr=4e-3, betas=(0.9, 0.99))),
    discriminator=dict(optimizer=dict(type='Adam', lr=2e-3, betas=(0.0, 0.99))),
)
param_scheduler = dict(
    generator=[
        dict(type='LinearLR', by_epoch=False, start_factor=0.01, begin=0, end=300),
        dict(type='CosineAnnealingLR', by_epoch=False, begin=300, end=iterations, eta_min=1e-5),
    ],
    discriminator=[],
)
custom_hooks = [{{_base_.samples}}]
train_cfg = dict(max_iters=iterations)
