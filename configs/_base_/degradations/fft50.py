"""50 % of the Fourier coefficients (IAGAN, Table 1, Figure 4). Noise of 10/255 of full scale."""

degradation = dict(
    centre=0.5,
    physics=dict(type='FourierSubsampling', ratio=0.5, seed=0),
    noise=dict(type='GaussianNoise', sigma=10 / 255),
)
