"""DGP, toy faces, coloured: by VGG-16, all blocks at once (ablation, paper, table 4)."""

_base_ = ['./dgp_toyfaces_color.py']

model = dict(
    schedule=dict(blocks=4),
    # The layer and range of the official code; weights=None takes random features instead.
    distance=dict(
        type='PerceptualFeatures', layers=20, norm='l2', normalisation='symmetric', size=None
    ),
)
