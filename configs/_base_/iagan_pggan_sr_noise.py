"""Half as many iterations as without noise (IAGAN paper, Experiments)."""

_base_ = './iagan_pggan_sr.py'
model = dict(adapt=dict(iterations=150))
