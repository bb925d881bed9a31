"""CSGM with BEGAN (IAGAN paper, Experiments): Adam 0.1, 1,600 iterations, best objective kept.

BEGAN was trained on CelebA at 128×128; the folder of its file is MGP_PRIOR_ROOT.
"""

_base_ = './runtime/perceptual.py'
model = dict(
    type='CSGM',
    prior=dict(
        type='BEGANPrior',
        generator=dict(type='BEGANGenerator', out_size=128),
        checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/began_celeba128.pth',
    ),
    stages=dict(CSGM=dict(iterations=1600, latent_lr=0.1)),
    restarts=1,
)
