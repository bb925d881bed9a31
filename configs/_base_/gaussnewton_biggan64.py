"""GaussNewton with the BigGAN of the package: one setting for every task and noise level."""

_base_ = './gaussnewton_dcgan64.py'
model = dict(
    prior=dict(name='biggan_toyfaces'),
    # The class rests at the encoder's guess: no prior holds its 32 numbers, and free they explain
    # luminance by colours that no class has.
    stages=dict(
        descent=dict(latent_lr=dict(z=0.1, class_embedding=0.0)),
        latent=dict(
            latent_lr=dict(z=0.1, class_embedding=0.0),
            # As fast on a CPU as its maps allow; those of larger generators do better with 16.
            optimizer=dict(type='LevenbergMarquardt', chunk=64),
        ),
        adapted=dict(iterations=60),
        sampled=dict(iterations=60),
    ),
    phi=0.8,
    # As that of the DCGAN (docs/posterior.md).
    calibration=[2.84, 3.67, 4.39],
)
