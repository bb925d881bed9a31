"""GaussNewton with the package's own prior, held-out toy faces: compressed sensing."""

_base_ = ['_base_/data/toyfaces.py', '_base_/degradations/cs.py', '_base_/gaussnewton_biggan64.py']
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
