"""A wider DCGAN on toy faces, that learns to draw those of given parameters (docs/toyfaces.md)."""

_base_ = './dcgan_toyfaces.py'

latents = 128
model = dict(
    type='PairedGAN',
    noise_size=latents,
    generator=dict(base_channels=384, noise_size=latents),
    perceptual=dict(net='alex'),
    perceptual_interval=2,
    adversarial_start=16200,
    adversarial_weight=0.002,
    gradient_penalty=0.5,
    ema_config=dict(start_iter=1000),
)
train_dataloader = dict(
    batch_size=32,
    dataset=dict(
        # No face twice: 20,000 are learnt by heart (23.4 dB on them, 20.8 on others).
        seed=1,
        length=1_000_000,
        cache=False,
        latents=latents,
        pipeline=[dict(type='PackInputs', data_keys=['latent'])],
    ),
)
optim_wrapper = dict(
    generator=dict(_delete_=True, optimizer=dict(type='Adam', lr=1.5e-3, betas=(0.9, 0.99))),
    discriminator=dict(_delete_=True, optimizer=dict(type='Adam', lr=1e-4, betas=(0.5, 0.99))),
)
param_scheduler = dict(
    generator=[
        dict(type='CosineAnnealingLR', by_epoch=False, begin=0, end=17000, eta_min=1e-5),
    ],
    discriminator=[],
)
train_cfg = dict(max_iters=17000)
