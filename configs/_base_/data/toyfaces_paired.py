"""Toy faces with their latents, rendered once, for a generator that learns to draw them."""

latents = 128
paired_dataset = dict(
    # 20,000 faces are learnt by heart (23.4 dB on them, 20.8 on others).
    seed=1,
    length=100_000,
    cache='work_dirs/toyfaces',
    whole_batches=True,
    latents=latents,
    growing=None,
    pipeline=[],
)

# How the two learn that need a GPU, in batches of 256.
gpu_iterations = 8000
gpu_adversarial_start = 6500
gpu_dataloader = dict(
    batch_size=256,
    collate_fn=dict(type='keep_batch'),
    dataset=paired_dataset,
)
gpu_scheduler = dict(
    generator=[
        dict(type='LinearLR', by_epoch=False, start_factor=0.01, begin=0, end=300),
        dict(type='CosineAnnealingLR', by_epoch=False, begin=300, end=gpu_iterations, eta_min=1e-5),
    ],
    discriminator=[],
)
