"""Pseudo-inverse of the measurement."""

model = dict(type='PseudoInverse')
