"""DGP, held-out toy faces: enlarged ×4 for looks."""

_base_ = ['_base_/data/toyfaces.py', '_base_/degradations/lanczos4.py', '_base_/dgp64_sr4_d.py']
test_dataloader = dict(dataset=dict(degradation=_base_.degradation, labels=True))
