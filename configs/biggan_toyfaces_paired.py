"""A wider BigGAN that learns to draw toy faces of given parameters and class (docs/toyfaces.md)."""

_base_ = ['./biggan_toyfaces.py', '_base_/data/toyfaces_paired.py']

iterations = 11000
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
    perceptual_share=0.25,
    # It draws without an adversary; the discriminator that goes with it is biggan_toyfaces.py's.
    adversarial_weight=0.0,
    ema_config=dict(start_iter=1000),
)
train_dataloader = {{_base_.paired_dataloader}}
optim_wrapper = dict(
    generator=dict(optimizer=dict(lr=1.5e-3, betas=(0.9, 0.99))),
)
param_scheduler = dict(
    generator=[
        dict(type='LinearLR', by_epoch=False, start_factor=0.01, begin=0, end=200),
        dict(type='CosineAnnealingLR', by_epoch=False, begin=200, end=iterations, eta_min=1e-5),
    ],
    discriminator=[],
)
train_cfg = dict(max_iters=iterations)
