"""DGP, held-out toy faces: enlarged ×4 for PSNR."""

_base_ = ['_base_/data/toyfaces.py', '_base_/degradations/lanczos4.py', '_base_/dgp64_sr4_mse.py']
test_dataloader = dict(dataset=dict(degradation=_base_.degradation, labels=True))
