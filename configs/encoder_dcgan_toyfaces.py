"""Learned start: latents of the DCGAN of toy faces from any measurement, see docs/encoder.md."""

_base_ = ['_base_/runtime/training.py']

prior = 'dcgan_toyfaces'
any_noise = dict(type='GaussianNoise', sigma=(0, 50 / 255))
some_noise = dict(type='GaussianNoise', sigma=(0, 20 / 255))
model = dict(
    type='EncoderTraining',
    prior=prior,
    degradations=[
        dict(centre=0.5, physics=dict(type='BicubicDownsampling', factor=4), noise=None),
        dict(centre=0.5, physics=dict(type='BicubicDownsampling', factor=4), noise=some_noise),
        dict(centre=0.5, physics=dict(type='BicubicDownsampling', factor=8), noise=some_noise),
        dict(centre=0.5, physics=dict(type='BoxMask', fraction=1 / 3), noise=None),
        dict(centre=0.5, physics=dict(type='RandomBoxesMask'), noise=some_noise),
        dict(centre=0.5, physics=dict(type='Luminance'), noise=None),
        dict(centre=0.5, physics=dict(type='Identity'), noise=any_noise),
        dict(centre=0.5, physics=dict(type='UniformBlur', size=9), noise=some_noise),
        dict(
            centre=0.5,
            physics=dict(type='GaussianCompressedSensing', ratio=0.122, seed=0),
            noise=some_noise,
        ),
    ],
)
train_dataloader = dict(
    batch_size=32,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='InfiniteSampler', shuffle=False),
    dataset=dict(type='SeedsDataset', length=1_000_000),
)
optim_wrapper = dict(
    _delete_=True,
    type='BFloat16OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-4),
    clip_grad=dict(max_norm=5.0),
)
model_wrapper_cfg = None
param_scheduler = [
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, begin=0, end=200),
    dict(type='CosineAnnealingLR', by_epoch=False, begin=200, end=3000, eta_min=1e-6),
]
custom_hooks = []
train_cfg = dict(max_iters=3000)
