"""DGP, ImageNet 128×128, enlarged ×4 for PSNR."""

_base_ = ['_base_/data/imagenet128.py', '_base_/degradations/lanczos4.py', '_base_/dgp_sr4_mse.py']
model = dict(prior=_base_.prior, discriminator=_base_.discriminator)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
