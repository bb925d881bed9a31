"""A wider DCGAN on toy faces, that learns to draw those of given parameters (docs/toyfaces.md)."""

_base_ = './dcgan_toyfaces.py'

latents = 128
iterations = 20000
model = dict(
    type='PairedGAN',
    noise_size=latents,
    data_preprocessor=dict(type='PairedPreprocessor'),
    generator=dict(base_channels=384, noise_size=latents),
    perceptual=dict(net='alex'),
    gradient_penalty=0.5,
    adversarial_start=iterations * 7 // 10,
    ema_config=dict(start_iter=1000),
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
        pipeline=[],
    ),
)
optim_wrapper = dict(
    generator=dict(_delete_=True, optimizer=dict(type='Adam', lr=1.5e-3, betas=(0.9, 0.99))),
    discriminator=dict(_delete_=True, optimizer=dict(type='Adam', lr=2e-4, betas=(0.5, 0.99))),
)
param_scheduler = dict(
    generator=[
        dict(type='CosineAnnealingLR', by_epoch=False, begin=0, end=iterations, eta_min=1e-5),
    ],
    discriminator=[],
)
train_cfg = dict(max_iters=iterations)
