"""DGP, toy faces enlarged ×4: z alone (paper, table 4)."""

_base_ = 'dgp_toyfaces_sr4_d.py'
model = dict(stages=[dict(row, weight_lr=None) for row in _base_.model.stages])
