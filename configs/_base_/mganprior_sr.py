"""mGANprior, super-resolution as in its official code: layer 6, 20 codes, 2,000 steps."""

_base_ = ['./runtime/perceptual.py', './mganprior.py']
model = dict(
    layer=6,
    codes=20,
    stages=dict(mGANprior=dict(iterations=2000, latent_lr=1.0, optimizer=dict(type='SGD'))),
    # The official weight of the VGG-16 features for this task.
    perceptual=dict(weight=1.0),
    baselines=[dict(type='Bicubic')],
)
