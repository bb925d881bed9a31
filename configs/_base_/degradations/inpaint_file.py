"""Holes given by a mask file for each photograph; white is observed."""

degradation = dict(centre=0.5, physics=dict(type='FileMask'), noise=None)
