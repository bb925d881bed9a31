"""φ for a hole in the middle of toy faces.

On 80 inversions in MGP_DATA_ROOT/bigprior_toyfaces_inpaint, which tools/invert.py makes from
mganprior_toyfaces_inpaint, split 'train'.
"""

_base_ = '_base_/bigprior_train64.py'
train_dataloader = dict(dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_toyfaces_inpaint'))
