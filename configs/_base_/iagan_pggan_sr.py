"""IAGAN with PGGAN, super-resolution (IAGAN paper, Experiments)."""

_base_ = './csgm_pggan.py'
model = dict(
    type='IAGAN',
    stages=dict(IAGAN=dict(iterations=300, latent_lr=1e-4, weight_lr=1e-3)),
)
