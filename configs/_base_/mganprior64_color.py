"""mGANprior on 64×64, colorization: a deeper layer, and the measured luminance in the result."""

_base_ = './mganprior64_repair.py'
model = dict(layer=4, luminance_transfer=True)
