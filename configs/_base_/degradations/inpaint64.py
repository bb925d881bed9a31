"""A hole of 64×64 in the middle (BIGPrior, Table III)."""

degradation = dict(centre=0.5, physics=dict(type='BoxMask', size=64), noise=None)
