"""PGGAN trained on CelebA-HQ at 1024×1024, as in MMagic's zoo; its folder is MGP_PRIOR_ROOT."""

prior = dict(
    type='PGGANPrior',
    generator=dict(type='PGGANGenerator', noise_size=512, out_scale=1024),
    checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/pggan_celeba-hq_1024_g8_20210408_181911-f1ef51c3.pth',
)
