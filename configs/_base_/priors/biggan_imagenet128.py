"""BigGAN trained on ImageNet at 128×128, the authors' PyTorch weights in MMagic's layout."""

prior = dict(type='zoo', name='biggan_imagenet_128_official')
