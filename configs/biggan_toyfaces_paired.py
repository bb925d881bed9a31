"""A wider BigGAN on toy faces, that learns to draw those of given parameters and class."""

_base_ = './biggan_toyfaces.py'

latents = 128
iterations = 20000
model = dict(
    type='PairedGAN',
    noise_size=latents,
    data_preprocessor=dict(type='PairedPreprocessor'),
    generator=dict(
        noise_size=latents,
        # Of a split latent a block sees its own fifth alone; a face needs the whole from the start.
        split_noise=False,
        arch_cfg=dict(in_channels=[192, 192, 96, 48], out_channels=[192, 96, 48, 32]),
    ),
    perceptual=dict(net='alex'),
    adversarial_start=iterations * 7 // 10,
    ema_config=dict(start_iter=1000),
)
train_dataloader = dict(
    batch_size=64,
    num_workers=2,
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        seed=1,
        length=120_000,
        cache='work_dirs/toyfaces',
        latents=latents,
        pipeline=[],
    ),
)
optim_wrapper = dict(
    generator=dict(_delete_=True, optimizer=dict(type='Adam', lr=1e-3, betas=(0.9, 0.99))),
    discriminator=dict(_delete_=True, optimizer=dict(type='Adam', lr=2e-4, betas=(0.0, 0.99))),
)
param_scheduler = dict(
    generator=[
        dict(type='CosineAnnealingLR', by_epoch=False, begin=0, end=iterations, eta_min=1e-5),
    ],
    discriminator=[],
)
train_cfg = dict(max_iters=iterations)
