"""Half as many iterations as without noise (IAGAN paper, Experiments)."""

_base_ = './iagan_pggan_cs.py'
model = dict(adapt=dict(iterations=250))
