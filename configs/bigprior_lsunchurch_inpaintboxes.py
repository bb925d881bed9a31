"""BIGPrior, inpainting of random boxes of churches (BIGPrior paper, Table IV)."""

_base_ = '_base_/bigprior_fuse.py'
test_dataloader = dict(dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_inpvar_church'))
