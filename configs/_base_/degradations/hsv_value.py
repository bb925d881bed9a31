"""Colour from the V channel of HSV (MAP-D, section 3.2)."""

degradation = dict(centre=0.5, physics=dict(type='HSVValue'), noise=None)
