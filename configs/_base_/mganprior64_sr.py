"""mGANprior on 64×64, super-resolution: a deeper layer, beside the bicubic enlargement."""

_base_ = './mganprior64_repair.py'
model = dict(layer=4, baselines=[dict(type='MeasurementPicture'), dict(type='Bicubic')])
