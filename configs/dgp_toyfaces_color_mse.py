"""DGP, toy faces coloured: by the squared error, all blocks at once (paper, table 4)."""

_base_ = 'dgp_toyfaces_color.py'
model = dict(
    stages=[dict(row, blocks=4, d_weight=0.0, mse_weight=1.0) for row in _base_.model.stages]
)
