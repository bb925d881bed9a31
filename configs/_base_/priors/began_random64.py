"""A BEGAN generator with random weights: shows that everything runs, knows no faces."""

prior = dict(
    type='BEGANPrior',
    generator=dict(type='BEGANGenerator', out_size=64),
    checkpoint=None,
)
