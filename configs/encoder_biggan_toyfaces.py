"""Learned start: latents of the BigGAN of toy faces, from the DCGAN's on, see docs/encoder.md."""

_base_ = './encoder_dcgan_toyfaces.py'

iterations = 1500
# What of a measurement tells the face is the same for both; only the last layer is new.
model = dict(prior='biggan_toyfaces', begin_with='dcgan_toyfaces')
param_scheduler = [
    dict(type='LinearLR', start_factor=0.05, by_epoch=False, begin=0, end=100),
    dict(type='CosineAnnealingLR', by_epoch=False, begin=100, end=iterations, eta_min=1e-6),
]
train_cfg = dict(max_iters=iterations)
