"""φ for colorization of bedrooms (BIGPrior paper, Table II)."""

_base_ = '_base_/bigprior_train.py'
model = dict(phi=dict(in_channels=1))
train_dataloader = dict(
    dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_col_bedroom', indices=200)
)
param_scheduler = dict(periods=[300, 300, 300], restart_weights=[1, 1, 1])
