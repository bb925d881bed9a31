"""Pseudo-inverse of the measurement."""

_base_ = './runtime/default.py'
model = dict(type='PseudoInverse')
