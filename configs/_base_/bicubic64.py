"""Bicubic upsampling of the measurement, at 64×64."""

_base_ = './runtime/default.py'
model = dict(type='Bicubic')
