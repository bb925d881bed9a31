"""Photographs of ImageNet's validation set, cropped to 128×128, with their classes.

MGP_DATA_ROOT/imagenet_val holds the pictures, MGP_DATA_ROOT/imagenet_val_1k.txt lines of file name
and class number; DGP's paper takes the first picture of every class.
"""

_base_ = './photographs.py'

load_photo = dict(size=128)
test_dataloader = dict(
    dataset=dict(data_prefix=dict(gt='imagenet_val'), label_file='imagenet_val_1k.txt')
)
