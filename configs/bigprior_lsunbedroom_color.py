"""BIGPrior, colorization of bedrooms (BIGPrior paper, Table II).

Fuses the inversions in MGP_DATA_ROOT/bigprior_col_bedroom by the φ of MGP_PHI_CHECKPOINT.
"""

_base_ = './_base_/schedules/bigprior_fuse_color.py'

test_dataloader = dict(dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_col_bedroom'))
