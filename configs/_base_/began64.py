"""The BEGAN of faces of 64×64, in the place of another prior."""

began64 = dict(
    _delete_=True,
    type='BEGANPrior',
    generator=dict(type='BEGANGenerator', out_size=64),
    checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/began_celeba64.pth',
)
