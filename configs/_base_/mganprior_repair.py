"""mGANprior, inpainting and denoising as in the BIGPrior paper: layer 4, 30 codes, 3,000 steps."""

_base_ = ['./runtime/perceptual.py', './mganprior.py']
# The weight is that of the VGG-16 features, the official one for these tasks.
model = dict(layer=4, codes=30, search=dict(iterations=3000), perceptual=dict(weight=0.1))
