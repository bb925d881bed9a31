"""Adjoint of the measurement: the naive inverse FFT."""

model = dict(type='ZeroFilled')
