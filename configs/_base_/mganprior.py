"""mGANprior with a PGGAN of genforce on LSUN at 256×256; docs/converters.md tells of its file."""

model = dict(
    type='MGANPrior',
    prior=dict(
        type='PGGANPrior',
        generator=dict(type='PGGANGenerator', noise_size=512, out_scale=256, fused_upconv=False),
        channel_order='rgb',
        pixel_norm='official',
    ),
)
