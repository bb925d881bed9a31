"""BIGPrior, blind denoising of conference rooms (BIGPrior paper, Table V).

Fuses the inversions in MGP_DATA_ROOT/bigprior_denblind_conference by the φ of MGP_PHI_CHECKPOINT.
"""

_base_ = './_base_/schedules/bigprior_fuse.py'

test_dataloader = dict(
    dataset=dict(
        data_root='{{$MGP_DATA_ROOT:data}}/bigprior_denblind_conference',
        # Noisy measurements as they are: 8 bits would clip the noise.
        pipeline=[
            dict(type='LoadInversion', arrays=True),
            dict(type='PackInputs', keys=['img', 'prior'], meta_keys=['key']),
        ],
    ),
)
