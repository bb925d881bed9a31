"""GaussNewton with the DCGAN of the package: one setting for every task and noise level."""

_base_ = './runtime/default.py'
model = dict(
    type='GaussNewton',
    prior=dict(type='zoo', name='dcgan_toyfaces'),
    start=dict(type='EncoderStart'),
    # Of the 50, 90 and 95 % intervals: tools/calibrate.py on 16 training faces each of sr4,
    # inpaint, denoise and color (docs/posterior.md).
    calibration=[2.86, 3.86, 4.51],
)
