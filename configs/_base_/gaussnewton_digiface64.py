"""GaussNewton with the DCGAN of synthetic people: one setting for every task and noise level."""

_base_ = './csgm_dcgan64.py'
model = dict(
    _delete_=True,
    type='GaussNewton',
    prior=dict(type='zoo', name='dcgan_digiface64'),
)
