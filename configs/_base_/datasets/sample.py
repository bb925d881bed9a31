"""A photograph that comes with scikit-image, cut to its face: no data is needed."""

load_photo = dict(type='LoadSampleImage', name='astronaut', box=(62, 174, 108, 108), size=64)
pack = dict(type='PackInputs', keys=['img'], meta_keys=['measurement', 'key'])

test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='RestorationSampler'),
    dataset=dict(type='SampleImageDataset', keys=['astronaut'], pipeline=[]),
)
