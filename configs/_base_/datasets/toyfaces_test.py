"""Toy faces that no training has seen, 64×64, rendered on the fly: no data is needed."""

pack = dict(type='PackInputs', keys=['img'], meta_keys=['measurement', 'key'])

test_dataloader = dict(
    batch_size=8,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='RestorationSampler'),
    dataset=dict(type='ToyFacesDataset', split='test', length=16, pipeline=[]),
)
