"""Bilinear downsampling by 4 without antialiasing (mGANprior's official code)."""

degradation = dict(centre=0.5, physics=dict(type='BilinearDownsampling', factor=4), noise=None)
