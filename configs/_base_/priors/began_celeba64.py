"""BEGAN trained on CelebA at 64×64; the folder of the file is MGP_PRIOR_ROOT."""

prior = dict(
    type='BEGANPrior',
    generator=dict(type='BEGANGenerator', out_size=64),
    checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/began_celeba64.pth',
)
