"""DGP, toy faces coloured: z alone (paper, table 4)."""

_base_ = 'dgp_toyfaces_color.py'
model = dict(stages=[dict(row, weight_lr=None) for row in _base_.model.stages])
