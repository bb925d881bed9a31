"""Adjoint of the measurement: the naive inverse FFT."""

_base_ = './runtime/perceptual.py'
model = dict(type='ZeroFilled')
