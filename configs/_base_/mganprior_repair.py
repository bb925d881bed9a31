"""mGANprior, inpainting and denoising as in the BIGPrior paper: layer 4, 30 codes, 3,000 steps."""

_base_ = ['./runtime/perceptual.py', './mganprior.py']
model = dict(
    layer=4,
    codes=30,
    stages=dict(mGANprior=dict(iterations=3000, latent_lr=1.0, optimizer=dict(type='SGD'))),
    # The official weight of the VGG-16 features for these tasks.
    perceptual=dict(weight=0.1),
)
