"""Colour from luminance."""

degradation = dict(centre=0.5, physics=dict(type='Luminance'), noise=None)
