"""DGP, toy faces enlarged ×4: z alone (paper, table 4)."""

_base_ = 'dgp_toyfaces_sr4_d.py'
model = dict(schedule=dict(weight_lr=None))
