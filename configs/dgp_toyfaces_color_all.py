"""DGP, toy faces coloured: all blocks at once (paper, table 4)."""

_base_ = 'dgp_toyfaces_color.py'
model = dict(stages=[dict(row, blocks=4) for row in _base_.model.stages])
