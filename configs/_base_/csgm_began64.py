"""CSGM with BEGAN at 64×64, for a CPU: half of the paper's iterations.

BEGAN was trained on CelebA at 64×64; the folder of its file is MGP_PRIOR_ROOT.
"""

_base_ = './runtime/default.py'
model = dict(
    type='CSGM',
    prior=dict(
        type='BEGANPrior',
        generator=dict(type='BEGANGenerator', out_size=64),
        checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/began_celeba64.pth',
    ),
    stages=dict(CSGM=dict(iterations=800, latent_lr=0.1)),
    restarts=1,
)
