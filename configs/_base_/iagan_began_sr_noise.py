"""Half as many iterations as without noise (IAGAN paper, Experiments)."""

_base_ = './iagan_began_sr.py'
model = dict(adapt=dict(iterations=250))
