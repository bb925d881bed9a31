"""Gaussian compressed sensing, m/n = 0.122 (IAGAN, Figure 1)."""

degradation = dict(
    centre=0.5, physics=dict(type='GaussianCompressedSensing', ratio=0.122, seed=0), noise=None
)
