"""A hole of 16×16 in the middle: that of BIGPrior's 256×256 images at 64×64."""

degradation = dict(centre=0.5, physics=dict(type='BoxMask', size=16), noise=None)
