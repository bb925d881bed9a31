"""A wider DCGAN on toy faces, that learns to draw those of given parameters (docs/toyfaces.md)."""

_base_ = ['./dcgan_toyfaces.py', '_base_/data/toyfaces_paired.py']

model = dict(
    type='PairedGAN',
    noise_size={{_base_.latents}},
    data_preprocessor=dict(type='PairedPreprocessor'),
    generator=dict(base_channels=384, noise_size={{_base_.latents}}),
    perceptual=dict(net='alex'),
    gradient_penalty=0.5,
    adversarial_start={{_base_.adversarial_start}},
    ema_config=dict(start_iter=1000),
)
train_dataloader = {{_base_.paired_dataloader}}
optim_wrapper = dict(
    generator=dict(_delete_=True, optimizer=dict(type='Adam', lr=1.5e-3, betas=(0.9, 0.99))),
    discriminator=dict(_delete_=True, optimizer=dict(type='Adam', lr=2e-4, betas=(0.5, 0.99))),
)
param_scheduler = {{_base_.paired_scheduler}}
train_cfg = dict(max_iters={{_base_.iterations}})
