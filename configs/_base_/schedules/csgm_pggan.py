"""CSGM with PGGAN (IAGAN paper, Experiments): Adam 0.1, 1,800 iterations, best objective kept."""

model = dict(type='CSGM', csgm=dict(iterations=1800, lr=0.1, restarts=1))
