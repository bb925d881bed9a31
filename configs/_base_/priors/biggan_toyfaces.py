"""Class-conditional BigGAN trained on toy faces, with its discriminator; part of the package."""

prior = dict(type='zoo', name='biggan_toyfaces')
