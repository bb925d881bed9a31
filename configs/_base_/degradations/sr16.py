"""Bicubic downsampling by 16 (IAGAN, Tables 2 and 3)."""

degradation = dict(centre=0.5, physics=dict(type='BicubicDownsampling', factor=16), noise=None)
