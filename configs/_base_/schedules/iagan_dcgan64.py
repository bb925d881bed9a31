"""IAGAN with DCGAN at 64×64, for a CPU; see csgm_dcgan64.py for how the search was chosen."""

model = dict(
    type='IAGAN',
    csgm=dict(iterations=250, lr=0.1, restarts=3),
    adapt=dict(iterations=150, latent_lr=1e-4, weight_lr=1e-4),
)
