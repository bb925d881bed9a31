"""The version, alone so that what needs it needs nothing else."""

__version__ = '0.1.0'
