"""Bicubic downsampling by 4 (IAGAN, Tables 2 and 3)."""

degradation = dict(centre=0.5, physics=dict(type='BicubicDownsampling', factor=4), noise=None)
