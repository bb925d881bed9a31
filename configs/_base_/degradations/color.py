"""Colour from luminance."""

degradation = dict(
    # The papers' operators act on images in [-1, 1].
    centre=0.5,
    physics=dict(type='Luminance'),
    noise=None,
)
