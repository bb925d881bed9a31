"""DnCNN for blind denoising of churches (BIGPrior paper, Table V)."""

_base_ = '_base_/dncnn_train.py'
train_dataloader = dict(dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_denblind_church'))
