"""mGANprior on 64×64: fewer codes and Adam steps, no feature network, which would be a download."""

_base_ = './runtime/default.py'
model = dict(
    type='MGANPrior',
    prior=dict(type='zoo', name='pggan_toyfaces'),
    layer=2,
    codes=10,
    stages=dict(
        mGANprior=dict(
            iterations=300,
            latent_lr=dict(z=0.05, alpha=0.01),
            optimizer=dict(type='Adam'),
        ),
    ),
    maps=True,
    baselines=[dict(type='MeasurementPicture')],
)
