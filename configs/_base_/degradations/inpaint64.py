"""A hole of 64×64 in the middle (BIGPrior, Table III)."""

degradation = dict(
    # The papers' operators act on images in [-1, 1]: a hole is mid-grey.
    centre=0.5,
    physics=dict(type='BoxMask', size=64),
    noise=None,
)
