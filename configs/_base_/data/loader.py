"""How samples are loaded for a restoration."""

test_dataloader = dict(
    batch_size=1,
    # In the main process, so that a stored measurement matrix exists once.
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='RestorationSampler'),
)
