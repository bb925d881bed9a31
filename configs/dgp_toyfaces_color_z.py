"""DGP, toy faces coloured: z alone (paper, table 4)."""

_base_ = 'dgp_toyfaces_color.py'
model = dict(schedule=dict(weight_lr=None))
