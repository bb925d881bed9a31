"""BEGAN trained on CelebA at 128×128; the folder of the file is MGP_PRIOR_ROOT."""

prior = dict(
    type='BEGANPrior',
    generator=dict(type='BEGANGenerator', out_size=128),
    checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/began_celeba128.pth',
)
