"""DGP, toy faces coloured: all blocks at once (paper, table 4)."""

_base_ = 'dgp_toyfaces_color.py'
model = dict(schedule=dict(blocks=4))
