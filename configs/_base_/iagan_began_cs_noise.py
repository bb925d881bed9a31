"""Half as many iterations as without noise (IAGAN paper, Experiments)."""

_base_ = './iagan_began_cs.py'
model = dict(adapt=dict(iterations=300))
