"""Bicubic downsampling by 16 (IAGAN, Tables 2 and 3). Noise of 10/255 of full scale."""

_base_ = './sr16.py'
degradation = dict(noise=dict(_delete_=True, type='GaussianNoise', sigma=10 / 255))
