"""MMagic's DCGAN of cropped CelebA faces, with uniform starts in the box [-1, 1]."""

prior = dict(type='zoo', name='dcgan_celeba_64', latent='uniform')
