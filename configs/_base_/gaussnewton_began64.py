"""GaussNewton with BEGAN at 64×64: one setting for every task and noise level."""

_base_ = './csgm_began64.py'
model = dict(_delete_=True, type='GaussNewton', prior=_base_.model.prior)
