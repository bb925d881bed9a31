"""Photographs below MGP_DATA_ROOT; a data set names its folder and the side of its pictures."""

load_photo = dict(type='LoadPhoto', key='gt')
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
        pipeline=[],
    ),
)
