"""φ for central inpainting of conference rooms (BIGPrior paper, Table III)."""

_base_ = '_base_/bigprior_train.py'
train_dataloader = dict(
    dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_inpcrop_conference')
)
