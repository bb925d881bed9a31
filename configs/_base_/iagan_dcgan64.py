"""IAGAN with DCGAN at 64×64, for a CPU; see csgm_dcgan64.py for how the search was chosen."""

_base_ = './csgm_dcgan64.py'
model = dict(
    type='IAGAN',
    stages=dict(IAGAN=dict(iterations=150, latent_lr=1e-4, weight_lr=1e-4)),
)
