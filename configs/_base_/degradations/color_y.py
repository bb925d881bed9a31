"""Colour from the luminance Y of YCbCr (mGANprior, BIGPrior)."""

degradation = dict(
    centre=0.5, physics=dict(type='Luminance', weights=(0.299, 0.587, 0.114)), noise=None
)
