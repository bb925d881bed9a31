"""DCGAN on toy faces, that learns to draw those of given parameters (docs/toyfaces.md)."""

_base_ = ['./dcgan_toyfaces.py', '_base_/data/toyfaces_paired.py']

iterations = 24500
adversarial_start = 24000
model = dict(
    type='PairedGAN',
    noise_size={{_base_.latents}},
    data_preprocessor=dict(type='PairedPreprocessor'),
    generator=dict(noise_size={{_base_.latents}}),
    perceptual=dict(net='alex'),
    perceptual_share=0.25,
    gradient_penalty=0.05,
    adversarial_start=adversarial_start,
    # Its generator does not listen: sharpened by it, IAGAN restores x4 worse (docs/toyfaces.md).
    adversarial_wait=iterations,
    ema_config=dict(start_iter=1000),
)
train_dataloader = {{_base_.paired_dataloader}}
optim_wrapper = dict(
    generator=dict(optimizer=dict(lr=1.5e-3, betas=(0.9, 0.99))),
    discriminator=dict(optimizer=dict(lr=2e-4, betas=(0.5, 0.99))),
)
param_scheduler = dict(
    generator=[
        dict(
            type='CosineAnnealingLR', by_epoch=False, begin=0, end=adversarial_start, eta_min=1e-4
        ),
    ],
    discriminator=[],
)
train_cfg = dict(max_iters=iterations)
