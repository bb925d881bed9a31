"""DnCNN for blind denoising of conference rooms (BIGPrior paper, Table V)."""

_base_ = '_base_/dncnn_train.py'
train_dataloader = dict(
    dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_denblind_conference')
)
