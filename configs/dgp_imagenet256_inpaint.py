"""DGP, ImageNet 256×256, with a hole of a third."""

_base_ = ['_base_/data/imagenet256.py', '_base_/degradations/inpaint.py', '_base_/dgp_inpaint.py']
model = dict(prior=_base_.prior, discriminator=_base_.discriminator)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
