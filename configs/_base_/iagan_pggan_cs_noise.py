"""IAGAN with PGGAN, compressed sensing under noise: half of the 500 iterations (IAGAN paper)."""

_base_ = './csgm_pggan.py'
model = dict(
    type='IAGAN',
    stages=dict(IAGAN=dict(iterations=250, latent_lr=1e-4, weight_lr=1e-3)),
)
