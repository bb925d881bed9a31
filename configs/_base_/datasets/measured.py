"""Files that are already degraded, MGP_DATA_ROOT/measured; no ground truth is needed.

With photographs of the same names in MGP_DATA_ROOT/truth, metrics are computed too:
``--cfg-options test_dataloader.dataset.data_prefix.gt=truth``.
"""

load_truth = dict(type='LoadPhoto', key='gt', size=64, allow_missing=True)
pack = dict(type='PackInputs', keys=['img'], meta_keys=['measurement', 'key'])

test_dataloader = dict(
    batch_size=8,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='RestorationSampler'),
    dataset=dict(
        type='RestorationDataset',
        data_root='{{$MGP_DATA_ROOT:data}}',
        data_prefix=dict(img='measured'),
        optional=['gt'],
        pipeline=[],
    ),
)
