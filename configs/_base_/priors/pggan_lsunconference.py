"""PGGAN of genforce on LSUN conference rooms, 256×256; see docs/converters.md for the file."""

prior = dict(
    type='PGGANPrior',
    generator=dict(type='PGGANGenerator', noise_size=512, out_scale=256, fused_upconv=False),
    checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/pggan_lsunconference.pth',
    channel_order='rgb',
    pixel_norm='official',
)
