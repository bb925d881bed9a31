"""Noise of 5/255 to 50/255 of full scale, drawn for every image (BIGPrior, Table V)."""

degradation = dict(
    centre=0.5,
    physics=dict(type='Identity'),
    noise=dict(type='GaussianNoise', sigma=(5 / 255, 50 / 255)),
)
