"""2 to 4 random holes with sides from N(64, 32) of at least 9 pixels (BIGPrior, Table IV)."""

degradation = dict(
    centre=0.5,
    physics=dict(type='RandomBoxesMask', count=(2, 4), side_mean=64, side_std=32, min_side=9),
    noise=None,
)
