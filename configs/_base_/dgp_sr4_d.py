"""DGP, super-resolution biased towards the discriminator (paper, table 9)."""

_base_ = ['./runtime/dgp_sr4.py', './dgp_table9.py']
model = dict(baselines=[dict(type='Bicubic')])
