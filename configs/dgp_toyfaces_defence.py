"""DGP, held-out toy faces: cleaned of an attack."""

_base_ = [
    '_base_/data/toyfaces.py',
    '_base_/degradations/adversarial_toyfaces.py',
    '_base_/dgp64_defence.py',
]
test_dataloader = dict(dataset=dict(degradation=_base_.degradation, labels=True))
