"""φ for random holes of toy faces.

On 80 inversions in MGP_DATA_ROOT/bigprior_toyfaces_boxes, which tools/invert.py makes from
mganprior_toyfaces_boxes, split 'train'.
"""

_base_ = '_base_/bigprior_train64.py'
train_dataloader = dict(dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_toyfaces_boxes'))
