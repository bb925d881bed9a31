"""A wider BigGAN that learns to draw toy faces of given parameters and class; for a GPU."""

_base_ = ['./biggan_toyfaces.py', '_base_/data/toyfaces_paired.py']

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
    adversarial_start={{_base_.gpu_adversarial_start}},
    ema_config=dict(start_iter=1000),
)
train_dataloader = {{_base_.gpu_dataloader}}
optim_wrapper = dict(
    generator=dict(_delete_=True, optimizer=dict(type='Adam', lr=2e-3, betas=(0.9, 0.99))),
    discriminator=dict(_delete_=True, optimizer=dict(type='Adam', lr=4e-4, betas=(0.0, 0.99))),
)
param_scheduler = {{_base_.gpu_scheduler}}
train_cfg = dict(max_iters={{_base_.gpu_iterations}})
