"""Gaussian noise, σ = 0.1 of [0, 1] (MAP-D, section 4.1)."""

degradation = dict(
    centre=0.5, physics=dict(type='Identity'), noise=dict(type='GaussianNoise', sigma=0.1)
)
