"""CelebA-HQ faces, 1024×1024, MGP_DATA_ROOT/celebahq1024."""

load_photo = dict(type='LoadPhoto', key='gt', size=1024)
pack = dict(type='PackInputs', keys=['img'], meta_keys=['measurement', 'key'])

test_dataloader = dict(
    batch_size=1,
    # In the main process, so that a stored measurement matrix exists once.
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='RestorationSampler'),
    dataset=dict(
        type='RestorationDataset',
        data_root='{{$MGP_DATA_ROOT:data}}',
        data_prefix=dict(gt='celebahq1024'),
        pipeline=[],
    ),
)
