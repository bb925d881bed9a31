"""DCGAN trained on toy faces, with uniform starts in the box [-1, 1]."""

prior = dict(type='zoo', name='dcgan_toyfaces', latent='uniform')
