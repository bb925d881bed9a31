"""φ for inpainting of random boxes of bedrooms.

On the stored inversions MGP_DATA_ROOT/bigprior_inpvar_bedroom.
"""

_base_ = './_base_/schedules/bigprior_train.py'

train_dataloader = dict(dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_inpvar_bedroom'))
