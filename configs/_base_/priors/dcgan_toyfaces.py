"""DCGAN trained on toy faces; its weights are part of the package."""

prior = dict(type='zoo', name='dcgan_toyfaces')
