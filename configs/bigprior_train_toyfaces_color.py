"""φ for colorization of toy faces.

On 200 inversions in MGP_DATA_ROOT/bigprior_toyfaces_color, which tools/invert.py makes from
mganprior_toyfaces_color, split 'train'. The network is smaller than the paper's, for a CPU.
"""

_base_ = './_base_/schedules/bigprior_train.py'

model = dict(phi=dict(in_channels=1, channels=32, depth=12))
train_dataloader = dict(
    dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_toyfaces_color', indices=200)
)
# round(4 · 25 iterations / batch 8) = 12 epochs of 25 iterations.
param_scheduler = dict(periods=[300] * 3, restart_weights=[1] * 3)
