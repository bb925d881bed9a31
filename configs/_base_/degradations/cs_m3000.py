"""Gaussian compressed sensing with m = 3,000 of n = 49,152 (IAGAN, Figure 2): m/n = 0.061."""

degradation = dict(
    # The papers' operators act on images in [-1, 1]: what lies outside is mid-grey.
    centre=0.5,
    physics=dict(type='GaussianCompressedSensing', m=3000, seed=0),
    noise=None,
)
