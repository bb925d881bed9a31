"""A wider BigGAN that learns to draw toy faces of given parameters and class; for a GPU."""

_base_ = ['./biggan_toyfaces.py', '_base_/data/toyfaces_paired.py']

iterations = 8000
adversarial_start = 6500
model = dict(
    type='PairedGAN',
    noise_size={{_base_.latents}},
    data_preprocessor=dict(type='PairedPreprocessor'),
    generator=dict(
        noise_size={{_base_.latents}},
        # Of a split latent a block sees its own fifth alone; a face needs the whole from the start.
        split_noise=False,
        arch_cfg=dict(in_channels=[192, 192, 96, 48], out_channels=[192, 96, 48, 32]),
    ),
    perceptual=dict(net='alex'),
    adversarial_weight=0.004,
    adversarial_start=adversarial_start,
    ema_config=dict(start_iter=1000),
)
train_dataloader = dict(
    batch_size=256,
    collate_fn=dict(type='keep_batch'),
    dataset={{_base_.paired_dataset}},
)
optim_wrapper = dict(
    generator=dict(_delete_=True, optimizer=dict(type='Adam', lr=2e-3, betas=(0.9, 0.99))),
    discriminator=dict(_delete_=True, optimizer=dict(type='Adam', lr=4e-4, betas=(0.0, 0.99))),
)
param_scheduler = dict(
    generator=[
        dict(type='LinearLR', by_epoch=False, start_factor=0.01, begin=0, end=300),
        dict(type='CosineAnnealingLR', by_epoch=False, begin=300, end=iterations, eta_min=1e-5),
    ],
    discriminator=[],
)
train_cfg = dict(max_iters=iterations)
