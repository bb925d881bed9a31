"""φ for random holes in toy faces.

On 200 inversions in MGP_DATA_ROOT/bigprior_toyfaces_boxes, which tools/invert.py makes from
mganprior_toyfaces_boxes, split 'train'. The network is smaller than the paper's, for a CPU.
"""

_base_ = './_base_/schedules/bigprior_train.py'

model = dict(phi=dict(channels=32, depth=12))
train_dataloader = dict(
    dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_toyfaces_boxes', indices=200)
)
# round(4 · 25 iterations / batch 8) = 12 epochs of 25 iterations.
param_scheduler = dict(periods=[300] * 3, restart_weights=[1] * 3)
