"""A wider DCGAN on toy faces, that learns to draw those of given parameters (docs/toyfaces.md)."""

_base_ = ['_base_/runtime/training.py', '_base_/data/toyfaces_train.py']

latents = 128
model = dict(
    type='PairedGAN',
    noise_size=latents,
    data_preprocessor=dict(type='DataPreprocessor'),
    generator=dict(type='DCGANGenerator', output_scale=64, base_channels=384, noise_size=latents),
    discriminator=dict(
        type='DCGANDiscriminator',
        input_scale=64,
        output_scale=4,
        out_channels=1,
        base_channels=32,
    ),
    perceptual=dict(net='alex'),
    perceptual_interval=2,
    adversarial_start=16200,
    adversarial_weight=0.002,
    gradient_penalty=0.5,
    # Statistics of the batch normalisation are averaged with the weights that they belong to.
    ema_config=dict(
        type='ExponentialMovingAverage', momentum=0.002, start_iter=1000, update_buffers=True
    ),
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
    generator=dict(optimizer=dict(type='Adam', lr=1.5e-3, betas=(0.9, 0.99))),
    discriminator=dict(optimizer=dict(type='Adam', lr=1e-4, betas=(0.5, 0.99))),
)
param_scheduler = dict(
    generator=[
        dict(type='CosineAnnealingLR', by_epoch=False, begin=0, end=17000, eta_min=1e-5),
    ],
    discriminator=[],
)
custom_hooks = [{{_base_.samples}}, dict(type='ChannelsLastHook')]
train_cfg = dict(max_iters=17000)
