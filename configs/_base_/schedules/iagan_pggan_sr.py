"""IAGAN with PGGAN, super-resolution (IAGAN paper, Experiments)."""

model = dict(
    type='IAGAN',
    csgm=dict(iterations=1800, lr=0.1, restarts=1),
    adapt=dict(iterations=300, latent_lr=1e-4, weight_lr=1e-3),
)
