"""DGP, ImageNet 128×128, reconstructed."""

_base_ = [
    '_base_/data/imagenet128.py',
    '_base_/degradations/identity.py',
    '_base_/dgp_reconstruct.py',
]
model = dict(prior=_base_.prior, discriminator=_base_.discriminator)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
