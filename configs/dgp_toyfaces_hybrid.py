"""DGP, held-out toy faces: grey, half the size, with a hole."""

_base_ = ['_base_/data/toyfaces.py', '_base_/degradations/hybrid.py', '_base_/dgp64_hybrid.py']
test_dataloader = dict(dataset=dict(degradation=_base_.degradation, labels=True))
