"""A hole in the middle, a third of the side."""

degradation = dict(
    # The papers' operators act on images in [-1, 1]: what lies outside is mid-grey.
    centre=0.5,
    physics=dict(type='BoxMask', fraction=1 / 3),
    noise=None,
)
