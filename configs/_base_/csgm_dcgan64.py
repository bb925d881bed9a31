"""CSGM with DCGAN on toy faces, for a CPU: three short searches instead of a long one.

Chosen on five training faces, ×4: the restoration by IAGAN that follows has 25.15 dB after three
searches of 250, 25.10 after one of 250, 25.01 after one of 500.
"""

_base_ = './runtime/default.py'
model = dict(
    type='CSGM',
    prior=dict(type='zoo', name='dcgan_toyfaces'),
    stages=dict(CSGM=dict(iterations=250, latent_lr=0.1)),
    restarts=3,
)
