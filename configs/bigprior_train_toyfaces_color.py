"""φ for colour from luminance of toy faces.

On 80 inversions in MGP_DATA_ROOT/bigprior_toyfaces_color, which tools/invert.py makes from
mganprior_toyfaces_color, split 'train'.
"""

_base_ = '_base_/bigprior_train64.py'
model = dict(phi=dict(in_channels=1))
train_dataloader = dict(dataset=dict(data_root='{{$MGP_DATA_ROOT:data}}/bigprior_toyfaces_color'))
