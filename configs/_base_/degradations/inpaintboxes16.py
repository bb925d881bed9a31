"""2 to 4 random holes with sides from N(16, 8): those of BIGPrior's 256×256 images at 64×64."""

degradation = dict(
    centre=0.5,
    physics=dict(type='RandomBoxesMask', count=(2, 4), side_mean=16, side_std=8, min_side=2),
    noise=None,
)
