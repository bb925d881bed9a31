"""BigGAN trained on ImageNet at 128×128, the authors' PyTorch weights in MMagic's layout.

Should that file hold no discriminator: tools/converters/biggan_discriminator.py makes one of the
authors' D.pth, and model.discriminator.checkpoint names it.
"""

prior = dict(type='zoo', name='biggan_imagenet_128_official')
discriminator = dict(type='zoo', name='biggan_imagenet_128_official')
