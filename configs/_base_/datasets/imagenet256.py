"""Photographs of ImageNet's validation set, cropped to 256×256, with their classes.

MGP_DATA_ROOT/imagenet_val holds the pictures, MGP_DATA_ROOT/imagenet_val_1k.txt lines of file name
and class number; DGP's paper takes the first picture of every class.
"""

_base_ = './imagenet128.py'

load_photo = dict(size=256)
