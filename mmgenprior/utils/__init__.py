"""Small helpers that belong to no single part."""

from mmgenprior.utils.seeding import derive_seed, sample_generator

__all__ = ['derive_seed', 'sample_generator']
