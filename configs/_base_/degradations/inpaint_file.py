"""Holes given by a mask file for each photograph; white is observed."""

degradation = dict(
    # The papers' operators act on images in [-1, 1]: what lies outside is mid-grey.
    centre=0.5,
    physics=dict(type='FileMask'),
    noise=None,
)
