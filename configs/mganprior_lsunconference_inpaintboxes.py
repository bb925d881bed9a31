"""mGANprior, random holes, LSUN conference (BIGPrior paper, Table IV)."""

_base_ = [
    '_base_/data/lsunconference.py',
    '_base_/degradations/inpaintboxes.py',
    '_base_/mganprior_repair.py',
]
model = dict(prior=dict(checkpoint='{{$MGP_PRIOR_ROOT:checkpoints}}/pggan_lsunconference.pth'))
test_dataloader = dict(dataset=dict(degradation=_base_.degradation))
