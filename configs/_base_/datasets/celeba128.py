"""CelebA faces, aligned and cropped as BEGAN was trained, MGP_DATA_ROOT/celeba128."""

load_photo = dict(type='LoadPhoto', key='gt', size=128)
pack = dict(type='PackInputs', keys=['img'], meta_keys=['measurement', 'key'])

test_dataloader = dict(
    batch_size=10,
    # In the main process, so that a stored measurement matrix exists once.
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='RestorationSampler'),
    dataset=dict(
        type='RestorationDataset',
        data_root='{{$MGP_DATA_ROOT:data}}',
        data_prefix=dict(gt='celeba128'),
        pipeline=[],
    ),
)
