"""DGP at 64×64, super-resolution biased towards the squared error, for a CPU."""

_base_ = './dgp64_reconstruct.py'
model = dict(baselines=[dict(type='Bicubic')])
