"""φ for blind denoising of toy faces.

On 80 inversions in MGP_DATA_ROOT/bigprior_toyfaces_denoise, which tools/invert.py makes from
mganprior_toyfaces_denoise, split 'train'. 160 epochs, for φ has to tell σ as well: after 60 the
fusion of noisy images has less SSIM than its prior.
"""

_base_ = '_base_/bigprior_train64.py'
train_dataloader = dict(
    dataset=dict(
        data_root='{{$MGP_DATA_ROOT:data}}/bigprior_toyfaces_denoise',
        pipeline=[
            dict(type='LoadInversion', arrays=True),
            dict(type='Flip', keys=['gt', 'img', 'prior'], flip_ratio=0.5),
            dict(type='PackInputs', keys=['img', 'prior'], meta_keys=['key']),
        ],
    ),
)
train_cfg = dict(max_epochs=160)
param_scheduler = dict(periods=[800, 800])
