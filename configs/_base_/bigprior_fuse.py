"""Fusion of stored inversions {gt,input,prior}/NAME.png with a trained φ: MGP_PHI_CHECKPOINT.

The last 50 are the test set of the BIGPrior paper.
"""

_base_ = './runtime/default.py'
model = dict(
    type='BIGPrior',
    phi=dict(type='PhiNetwork'),
    checkpoint='{{$MGP_PHI_CHECKPOINT:checkpoints/bigprior_phi.pth}}',
    # The official metrics are of what the fusion gives, beyond [0, 1] too.
    clamp=False,
)
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(type='RestorationSampler'),
    dataset=dict(
        type='RestorationDataset',
        data_prefix=dict(gt='gt', input='input', prior='prior'),
        indices=-50,
        pipeline=[
            dict(type='LoadInversion'),
            dict(type='PackInputs', keys=['img', 'prior'], meta_keys=['key']),
        ],
    ),
)
test_evaluator = dict(
    type='RestorationEvaluator',
    metrics=[dict(type='PSNR'), dict(type='SSIM'), dict(type='LPIPS'), dict(type='MeanPhi')],
)
default_hooks = dict(maps=dict(type='MapsHook', maps=dict(phi=(0, 1))))
