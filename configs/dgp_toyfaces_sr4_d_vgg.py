"""DGP, toy faces enlarged ×4: by VGG-16, all blocks at once (paper, table 4)."""

_base_ = 'dgp_toyfaces_sr4_d.py'
model = dict(
    schedule=dict(blocks=4),
    distance=dict(
        type='PerceptualFeatures', layers=20, norm='l2', normalisation='symmetric', size=None
    ),
)
