"""Face photographs, MGP_DATA_ROOT/faces64; other sizes are cropped and resized to 64×64."""

load_photo = dict(type='LoadPhoto', key='gt', size=64)
pack = dict(type='PackInputs', keys=['img'], meta_keys=['measurement', 'key'])

test_dataloader = dict(
    batch_size=8,
    # In the main process, so that a stored measurement matrix exists once.
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='RestorationSampler'),
    dataset=dict(
        type='RestorationDataset',
        data_root='{{$MGP_DATA_ROOT:data}}',
        data_prefix=dict(gt='faces64'),
        pipeline=[],
    ),
)
