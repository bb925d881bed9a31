"""Gaussian compressed sensing with m = 42,000 of n = 49,152 (IAGAN, Figure 2): m/n = 0.854."""

degradation = dict(
    # The papers' operators act on images in [-1, 1]: what lies outside is mid-grey.
    centre=0.5,
    physics=dict(type='GaussianCompressedSensing', m=42000, seed=0),
    noise=None,
)
