"""Bicubic upsampling of the measurement."""

model = dict(type='Bicubic')
