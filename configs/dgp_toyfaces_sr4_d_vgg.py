"""DGP, toy faces enlarged ×4: by VGG-16, all blocks at once (paper, table 4)."""

_base_ = 'dgp_toyfaces_sr4_d.py'
model = dict(
    stages=[dict(row, blocks=4) for row in _base_.model.stages],
    distance=dict(
        type='PerceptualFeaturesTerm', layers=20, norm='l2', normalisation='symmetric', size=None
    ),
)
