"""IAGAN with PGGAN, super-resolution under noise: half of the iterations (IAGAN paper)."""

_base_ = './csgm_pggan.py'
model = dict(
    type='IAGAN',
    stages=dict(IAGAN=dict(iterations=150, latent_lr=1e-4, weight_lr=1e-3)),
)
