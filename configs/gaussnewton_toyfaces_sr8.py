"""GaussNewton with the package's own prior, held-out toy faces: 64×64 from 8×8."""

_base_ = ['_base_/data/toyfaces.py', '_base_/degradations/sr8.py', '_base_/gaussnewton_biggan64.py']
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
