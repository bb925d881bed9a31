"""φ for blind denoising of toy faces.

On 200 inversions in MGP_DATA_ROOT/bigprior_toyfaces_denoise, which tools/invert.py makes from
mganprior_toyfaces_denoise, split 'train'. The network is smaller than the paper's, for a CPU.
"""

_base_ = './_base_/schedules/bigprior_train.py'

model = dict(phi=dict(channels=32, depth=12))
train_dataloader = dict(
    dataset=dict(
        data_root='{{$MGP_DATA_ROOT:data}}/bigprior_toyfaces_denoise',
        indices=200,
        # Noisy measurements as they are: 8 bits would clip the noise.
        pipeline=[
            dict(type='LoadInversion', arrays=True),
            dict(type='PackInputs', keys=['img', 'prior'], meta_keys=['key']),
        ],
    ),
)
# round(4 · 25 iterations / batch 8) = 12 epochs of 25 iterations.
param_scheduler = dict(periods=[300] * 3, restart_weights=[1] * 3)
