"""GaussNewton with the DCGAN of the package: one setting for every task and noise level."""

_base_ = './runtime/default.py'
model = dict(
    type='GaussNewton',
    prior=dict(type='zoo', name='dcgan_toyfaces'),
    start=dict(type='EncoderStart'),
)
