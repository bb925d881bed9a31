"""IAGAN with a DCGAN of synthetic people, noise of 25/255 in faces of 64×64."""

_base_ = ['_base_/data/celeba64.py', '_base_/degradations/denoise25.py', '_base_/iagan_dcgan64.py']
model = dict(
    prior=dict(name='dcgan_digiface64'),
    baselines=[dict(type='TotalVariation', iterations=20)],
    stages=dict(IAGAN=dict(iterations=500, early_stop=dict(discrepancy=0.95, check_every=10))),
)
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
