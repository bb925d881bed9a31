"""mGANprior with the package's own PGGAN, held-out toy faces: 64×64 from 16×16."""

_base_ = ['_base_/data/toyfaces.py', '_base_/degradations/bilinear4.py', '_base_/mganprior64_sr.py']
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
