"""Photographs of ImageNet's validation set, cropped to 128×128, and the BigGAN of that size.

MGP_DATA_ROOT/imagenet_val holds the pictures, MGP_DATA_ROOT/imagenet_val_1k.txt lines of file name
and class number; DGP's paper takes the first picture of every class.

The networks are the authors' PyTorch weights in MMagic's layout. Should that file hold no
discriminator: tools/convert.py makes one of the authors' D.pth, and model.discriminator.checkpoint
names it.
"""

_base_ = './photographs.py'
test_dataloader = dict(
    dataset=dict(data_prefix=dict(gt='imagenet_val'), label_file='imagenet_val_1k.txt', size=128)
)
prior = dict(type='zoo', name='biggan_imagenet_128_official')
discriminator = dict(type='zoo', name='biggan_imagenet_128_official')
