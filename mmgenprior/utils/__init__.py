"""Small helpers that belong to no single part.

Names are resolved on first use: the command line imports this package before it
has read its arguments, and must not wait for torch.
"""

from __future__ import annotations

from mmgenprior.utils.lazy import lazily

__all__ = ['derive_seed', 'sample_generator']

__getattr__ = lazily(__name__, dict.fromkeys(__all__, 'seeding'))
