"""Photographs of ImageNet's validation set, cropped to 256×256, and the BigGAN of that size.

It has 64 channels and comes with DGP: convert G_ema.pth and D.pth with tools/convert.py;
MGP_PRIOR_ROOT is the folder of the two files. MMagic offers no BigGAN of this size.
"""

_base_ = './imagenet128.py'
test_dataloader = dict(dataset=dict(size=256))
prior = dict(
    _delete_=True,
    type='BigGANPrior',
    generator=dict(
        type='BigGANGenerator',
        output_scale=256,
        noise_size=120,
        num_classes=1000,
        base_channels=64,
        shared_dim=128,
    ),
    checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/biggan_imagenet256.safetensors',
    channel_order='rgb',
)
discriminator = dict(
    _delete_=True,
    type='BigGANDiscriminator',
    input_scale=256,
    num_classes=1000,
    # MMagic's own layout of this size lacks an entry and cannot be built.
    arch_cfg=dict(
        in_channels=[3, 64, 128, 256, 512, 512, 1024],
        out_channels=[64, 128, 256, 512, 512, 1024, 1024],
        downsample=[True, True, True, True, True, True, False],
        resolution=[128, 64, 32, 16, 8, 4, 4],
        attention=[False, True, False, False, False, False, False],
    ),
    checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/biggan_imagenet256_discriminator.safetensors',
)
