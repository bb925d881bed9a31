"""Half the size, grey, with a hole of a third: DGP's hybrid task, at the size of the image."""

degradation = dict(
    # The papers' operators act on images in [-1, 1]: a hole is mid-grey.
    centre=0.5,
    physics=dict(
        type='Compose',
        operators=[
            dict(type='PILLanczosDownsampling', factor=2, upsample='bilinear'),
            dict(type='Luminance'),
            dict(type='BoxMask', fraction=1 / 3),
        ],
    ),
    noise=None,
)
