"""A hole of 32×32 in the middle of 64×64 (MAP-D, section 4.1)."""

degradation = dict(centre=0.5, physics=dict(type='BoxMask', size=32), noise=None)
