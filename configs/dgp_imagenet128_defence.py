"""DGP, ImageNet 128×128, cleaned of an attack."""

_base_ = [
    '_base_/data/imagenet128.py',
    '_base_/degradations/adversarial.py',
    '_base_/dgp_defence.py',
]
model = dict(prior=_base_.prior, discriminator=_base_.discriminator)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
