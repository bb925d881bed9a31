"""Bicubic downsampling by 4 of a photograph that goes on beyond its border."""

degradation = dict(
    centre=0.5, physics=dict(type='BicubicDownsampling', factor=4, padding='replicate'), noise=None
)
