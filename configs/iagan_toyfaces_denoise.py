"""IAGAN with the package's own prior, held-out toy faces: noise of 25/255."""

_base_ = ['_base_/data/toyfaces.py', '_base_/degradations/denoise25.py', '_base_/iagan_dcgan64.py']
model = dict(
    baselines=[dict(type='MeasurementPicture')],
    stages=dict(IAGAN=dict(iterations=500, early_stop=dict(discrepancy=0.95, check_every=10))),
)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
