"""DGP, held-out toy faces: reconstructed."""

_base_ = [
    '_base_/data/toyfaces.py',
    '_base_/degradations/identity.py',
    '_base_/dgp64_reconstruct.py',
]
test_dataloader = dict(dataset=dict(degradation=_base_.degradation, labels=True))
