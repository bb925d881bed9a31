"""BIGPrior, central inpainting of churches (BIGPrior paper, Table III).

Fuses the inversions in MGP_DATA_ROOT/bigprior_inpcrop_church by the φ of MGP_PHI_CHECKPOINT.
"""

_base_ = './_base_/schedules/bigprior_fuse.py'

test_dataloader = dict(dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_inpcrop_church'))
