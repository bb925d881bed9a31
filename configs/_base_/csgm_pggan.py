"""CSGM with PGGAN (IAGAN paper, Experiments): Adam 0.1, 1,800 iterations, best objective kept.

MMagic's PGGAN of CelebA-HQ at 1024×1024; fetched to MGP_PRIOR_ROOT at first use.
"""

_base_ = './runtime/perceptual.py'
model = dict(
    type='CSGM',
    prior=dict(type='zoo', name='pggan_celebahq_1024'),
    stages=dict(CSGM=dict(iterations=1800, latent_lr=0.1)),
    restarts=1,
)
