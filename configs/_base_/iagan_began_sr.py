"""IAGAN with BEGAN, super-resolution (IAGAN paper, Experiments)."""

_base_ = './csgm_began.py'
model = dict(
    type='IAGAN',
    stages=dict(IAGAN=dict(iterations=500, latent_lr=1e-4, weight_lr=1e-4)),
)
