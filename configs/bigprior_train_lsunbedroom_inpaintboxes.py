"""φ for inpainting of random boxes of bedrooms (BIGPrior paper, Table IV)."""

_base_ = '_base_/bigprior_train.py'
train_dataloader = dict(dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_inpvar_bedroom'))
