"""DGP, ImageNet 256×256, cleaned of an attack."""

_base_ = [
    '_base_/data/imagenet256.py',
    '_base_/degradations/adversarial.py',
    '_base_/dgp_defence.py',
]
model = dict(prior=_base_.prior, discriminator=_base_.discriminator)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
