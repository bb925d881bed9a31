"""Bicubic downsampling by 16 (IAGAN, Tables 2 and 3)."""

degradation = dict(
    # The papers' operators act on images in [-1, 1]: what lies outside is mid-grey.
    centre=0.5,
    physics=dict(type='BicubicDownsampling', factor=16),
    noise=None,
)
