"""Noise of 25/255 of full scale."""

degradation = dict(
    centre=0.5, physics=dict(type='Identity'), noise=dict(type='GaussianNoise', sigma=25 / 255)
)
