"""Blur with a uniform 9×9 filter (IAGAN, Table 4). Noise of 10/255 of full scale."""

degradation = dict(
    centre=0.5,
    physics=dict(type='UniformBlur', size=9),
    noise=dict(type='GaussianNoise', sigma=10 / 255),
)
