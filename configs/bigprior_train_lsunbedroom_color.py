"""φ for colorization of bedrooms, on stored inversions: MGP_DATA_ROOT/bigprior_col_bedroom."""

_base_ = './_base_/schedules/bigprior_train.py'

model = dict(phi=dict(in_channels=1))
# This set has 250 inversions: the first 200 train, the last 50 test.
train_dataloader = dict(
    dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_col_bedroom', indices=200)
)
# round(4 · 25 iterations / batch 8) = 12 epochs of 25 iterations.
param_scheduler = dict(periods=[300] * 3, restart_weights=[1] * 3)
