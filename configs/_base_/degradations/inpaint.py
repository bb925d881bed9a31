"""A hole in the middle, a third of the side."""

degradation = dict(centre=0.5, physics=dict(type='BoxMask', fraction=1 / 3), noise=None)
