"""IAGAN with BEGAN, super-resolution (IAGAN paper, Experiments)."""

_base_ = './csgm_began.py'
model = dict(
    type='IAGAN',
    stages=[
        *_base_.model.stages,
        dict(name='IAGAN', iterations=500, latent_lr=1e-4, weight_lr=1e-4),
    ],
)
