"""DGP, ImageNet 256×256, reconstructed to be manipulated."""

_base_ = [
    '_base_/data/imagenet256.py',
    '_base_/degradations/identity.py',
    '_base_/dgp_manipulate.py',
]
model = dict(prior=_base_.prior, discriminator=_base_.discriminator)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
