"""IAGAN with BEGAN, compressed sensing (IAGAN paper, Experiments)."""

model = dict(
    type='IAGAN',
    csgm=dict(iterations=1600, lr=0.1, restarts=1),
    adapt=dict(iterations=600, latent_lr=1e-4, weight_lr=1e-4),
)
