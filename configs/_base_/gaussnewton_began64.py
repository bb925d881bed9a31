"""GaussNewton with BEGAN at 64×64: one setting for every task and noise level."""

_base_ = './runtime/default.py'
model = dict(
    type='GaussNewton',
    prior=dict(
        type='BEGANPrior',
        generator=dict(type='BEGANGenerator', out_size=64),
        checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/began_celeba64.pth',
    ),
)
