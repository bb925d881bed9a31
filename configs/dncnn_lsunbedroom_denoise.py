"""DnCNN, blind denoising of bedrooms (BIGPrior paper, Table V)."""

_base_ = './bigprior_lsunbedroom_denoise.py'

model = dict(
    _delete_=True,
    type='DnCNN',
    network=dict(type='PhiNetwork'),
    checkpoint='{{$MGP_PHI_CHECKPOINT:checkpoints/bigprior_phi.pth}}',
    clamp=False,
)
