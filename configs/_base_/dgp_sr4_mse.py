"""DGP, super-resolution biased towards the squared error (paper, table 8)."""

_base_ = ['./runtime/dgp_sr4.py', './dgp_table8.py']
model = dict(baselines=[dict(type='Bicubic')])
