"""Toy faces that no training has seen, two of each class, rendered on the fly."""

pack = dict(type='PackInputs', keys=['img'], meta_keys=['measurement', 'key'])

test_dataloader = dict(
    batch_size=8,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='RestorationSampler'),
    dataset=dict(type='ToyFacesDataset', split='test', length=10, pipeline=[]),
)
