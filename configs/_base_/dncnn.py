"""DnCNN on stored inversions, of which it takes the measurement alone: MGP_PHI_CHECKPOINT."""

_base_ = './bigprior_fuse_denoise.py'
model = dict(
    _delete_=True,
    type='DnCNN',
    network=dict(type='PhiNetwork'),
    checkpoint='{{$MGP_PHI_CHECKPOINT:checkpoints/bigprior_phi.pth}}',
    clamp=False,
)
