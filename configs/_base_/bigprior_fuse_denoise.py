"""The same for denoising: of noisy measurements the exact arrays, NAME.npy, are read."""

_base_ = './bigprior_fuse.py'
test_dataloader = dict(
    dataset=dict(
        pipeline=[
            dict(type='LoadInversion', arrays=True),
            dict(type='PackInputs', keys=['img', 'prior'], meta_keys=['key']),
        ]
    )
)
