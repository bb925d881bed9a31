"""mGANprior, inpainting and denoising as in the BIGPrior paper: layer 4, 30 codes, 3,000 steps."""

model = dict(
    type='MGANPrior',
    layer=4,
    codes=30,
    search=dict(iterations=3000, latent_lr=1.0, optimizer='SGD'),
    # The official weight of the VGG-16 features for these tasks.
    perceptual=dict(weight=0.1),
)
