"""DGP, ImageNet 256×256, grey, half the size, with a hole."""

_base_ = ['_base_/data/imagenet256.py', '_base_/degradations/hybrid.py', '_base_/dgp_hybrid.py']
model = dict(prior=_base_.prior, discriminator=_base_.discriminator)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
