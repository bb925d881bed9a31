"""Photographs of ImageNet's validation set, cropped to 128×128, with their classes.

MGP_DATA_ROOT/imagenet_val holds the pictures, MGP_DATA_ROOT/imagenet_val_1k.txt lines of file name
and class number; DGP's paper takes the first picture of every class.
"""

load_photo = dict(type='LoadPhoto', key='gt', size=128)
pack = dict(type='PackInputs', keys=['img'], meta_keys=['measurement', 'key'])

test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='RestorationSampler'),
    dataset=dict(
        type='RestorationDataset',
        data_root='{{$MGP_DATA_ROOT:data}}',
        data_prefix=dict(gt='imagenet_val'),
        label_file='imagenet_val_1k.txt',
        pipeline=[],
    ),
)
