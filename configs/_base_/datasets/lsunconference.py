"""LSUN conference rooms, validation pictures of 256×256, MGP_DATA_ROOT/lsun256/conference."""

load_photo = dict(type='LoadPhoto', key='gt', size=256)
pack = dict(type='PackInputs', keys=['img'], meta_keys=['measurement', 'key'])

test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='RestorationSampler'),
    dataset=dict(
        type='RestorationDataset',
        data_root='{{$MGP_DATA_ROOT:data}}',
        data_prefix=dict(gt='lsun256/conference'),
        pipeline=[],
    ),
)
