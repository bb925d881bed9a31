"""φ for central inpainting of churches.

On the stored inversions MGP_DATA_ROOT/bigprior_inpcrop_church.
"""

_base_ = './_base_/schedules/bigprior_train.py'

train_dataloader = dict(dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_inpcrop_church'))
