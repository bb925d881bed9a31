"""BIGPrior, inpainting of random boxes of churches (BIGPrior paper, Table IV).

Fuses the inversions in MGP_DATA_ROOT/bigprior_inpvar_church by the φ of MGP_PHI_CHECKPOINT.
"""

_base_ = './_base_/schedules/bigprior_fuse.py'

test_dataloader = dict(dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_inpvar_church'))
