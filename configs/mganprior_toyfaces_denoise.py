"""mGANprior with the package's own PGGAN, held-out toy faces: blind denoising."""

_base_ = [
    '_base_/data/toyfaces.py',
    '_base_/degradations/denoise_blind.py',
    '_base_/mganprior64_repair.py',
]
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
