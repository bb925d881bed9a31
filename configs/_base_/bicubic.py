"""Bicubic upsampling of the measurement."""

_base_ = './runtime/perceptual.py'
model = dict(type='Bicubic')
