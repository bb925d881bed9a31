"""Toy faces rendered on the fly, for training a GAN."""

train_dataloader = dict(
    batch_size=64,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='ToyFacesDataset',
        split='train',
        length=20000,
        # 250 MB in each worker once every picture was shown there.
        cache=True,
        pipeline=[dict(type='PackInputs')],
    ),
)
