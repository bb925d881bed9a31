"""φ for blind denoising of conference rooms.

On the stored inversions MGP_DATA_ROOT/bigprior_denblind_conference.
"""

_base_ = './_base_/schedules/bigprior_train.py'

train_dataloader = dict(
    dataset=dict(
        data_root='{{$MGP_DATA_ROOT:data}}/bigprior_denblind_conference',
        # Noisy measurements as they are: 8 bits would clip the noise.
        pipeline=[
            dict(type='LoadInversion', arrays=True),
            dict(type='PackInputs', keys=['img', 'prior'], meta_keys=['key']),
        ],
    ),
)
