"""CSGM with BEGAN at 64×64, for a CPU: half of the paper's iterations."""

model = dict(type='CSGM', csgm=dict(iterations=800, lr=0.1, restarts=1))
