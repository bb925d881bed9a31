"""BIGPrior, central inpainting of churches (BIGPrior paper, Table III)."""

_base_ = '_base_/bigprior_fuse.py'
test_dataloader = dict(dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_inpcrop_church'))
