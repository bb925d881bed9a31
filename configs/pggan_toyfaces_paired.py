"""A wider PGGAN that learns, at full size, to draw toy faces of given parameters; for a GPU."""

_base_ = ['./pggan_toyfaces.py', '_base_/data/toyfaces_paired.py']

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
    adversarial_start={{_base_.gpu_adversarial_start}},
    ema_config=dict(type='ExponentialMovingAverage', momentum=0.002, start_iter=1000),
)
train_dataloader = {{_base_.gpu_dataloader}}
optim_wrapper = dict(
    _delete_=True,
    constructor='MultiOptimWrapperConstructor',
    generator=dict(optimizer=dict(type='Adam', lr=4e-3, betas=(0.9, 0.99))),
    discriminator=dict(optimizer=dict(type='Adam', lr=2e-3, betas=(0.0, 0.99))),
)
param_scheduler = {{_base_.gpu_scheduler}}
custom_hooks = [{{_base_.samples}}]
train_cfg = dict(max_iters={{_base_.gpu_iterations}})
