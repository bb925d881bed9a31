"""CSGM with BEGAN (IAGAN paper, Experiments): Adam 0.1, 1,600 iterations, best objective kept."""

model = dict(type='CSGM', csgm=dict(iterations=1600, lr=0.1, restarts=1))
