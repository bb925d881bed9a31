"""mGANprior, colorization as in the BIGPrior paper: layer 6, 20 codes, 1,500 steps of descent."""

_base_ = ['./runtime/colors.py', './mganprior.py']
model = dict(
    layer=6,
    codes=20,
    stages=dict(mGANprior=dict(iterations=1500, latent_lr=1.0, optimizer=dict(type='SGD'))),
    # The official weight of the VGG-16 features for this task.
    perceptual=dict(weight=1.0),
    luminance_transfer=True,
)
