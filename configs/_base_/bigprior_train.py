"""φ as BIGPrior trains it (BIGPrior paper, section IV-A): Adam 0.01, batch 8, 25 epochs.

The first 250 of the stored inversions {gt,input,prior}/NAME.png train it, the last 50 test it.
"""

_base_ = './runtime/training_phi.py'
model = dict(type='BIGPrior', phi=dict(type='PhiNetwork', in_channels=3), rho=1e-5)
train_dataloader = dict(
    batch_size=8,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='RestorationDataset',
        data_prefix=dict(gt='gt', input='input', prior='prior'),
        indices=250,
        test_mode=False,
        pipeline=[
            dict(type='LoadInversion'),
            dict(type='PackInputs', keys=['img', 'prior'], meta_keys=['key']),
        ],
    ),
)
# Restarts after round(4 · 32 iterations / batch 8) = 16 epochs of 32 iterations, as the official
# code counts them; the paper says 4. There each value comes an iteration late, hence begin=1.
param_scheduler = dict(
    type='CosineRestartLR',
    periods=[512] * 4,
    restart_weights=[1] * 4,
    eta_min=0,
    by_epoch=False,
    begin=1,
)
