"""DCGAN (Radford et al., 2016) on toy faces: generator and discriminator for MAP-D, CSGM, IAGAN."""

_base_ = ['_base_/runtime/training.py', '_base_/data/toyfaces_train.py']

model = dict(
    type='DCGAN',
    noise_size=64,
    data_preprocessor=dict(type='DataPreprocessor'),
    generator=dict(type='DCGANGenerator', output_scale=64, base_channels=256, noise_size=64),
    discriminator=dict(
        type='DCGANDiscriminator',
        input_scale=64,
        output_scale=4,
        out_channels=1,
        base_channels=32,
    ),
    # The paper has no average; it halves the flicker between checkpoints. Statistics of the batch
    # normalisation are averaged with the weights that they belong to.
    ema_config=dict(
        type='ExponentialMovingAverage', momentum=0.002, start_iter=2500, update_buffers=True
    ),
)
optim_wrapper = dict(
    generator=dict(
        type='BFloat16OptimWrapper', optimizer=dict(type='Adam', lr=2e-4, betas=(0.5, 0.999))
    ),
    # Half the step: at equal ones the discriminator wins within 200 iterations.
    discriminator=dict(
        type='BFloat16OptimWrapper', optimizer=dict(type='Adam', lr=1e-4, betas=(0.5, 0.999))
    ),
)
custom_hooks = [{{_base_.samples}}, dict(type='ChannelsLastHook')]
train_cfg = dict(max_iters=5000)
