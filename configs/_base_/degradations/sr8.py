"""Bicubic downsampling by 8 (IAGAN, Tables 2 and 3)."""

degradation = dict(centre=0.5, physics=dict(type='BicubicDownsampling', factor=8), noise=None)
