"""BIGPrior, colorization of churches (BIGPrior paper, Table II)."""

_base_ = '_base_/bigprior_fuse_color.py'
test_dataloader = dict(dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_col_church'))
