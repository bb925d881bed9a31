"""MAP-D: uniform starts in the box [-1, 1], 1,000 steps; a config names the DCGAN."""

_base_ = './runtime/default.py'
model = dict(
    type='MAPD',
    prior=dict(type='zoo', latent='uniform'),
    stages={'MAP-D': dict(iterations=1000, latent_lr=0.03)},
)
