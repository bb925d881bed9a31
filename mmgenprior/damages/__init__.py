"""Damage by its name, ``sr4`` or ``grey+hole``: one table for Python, commands, page and configs.

Neither torch nor the framework is imported.
"""

from mmgenprior.damages.names import (
    KINDS,
    Damage,
    DamageChain,
    DamageError,
    parse_damage,
    product,
)

__all__ = ['KINDS', 'Damage', 'DamageChain', 'DamageError', 'parse_damage', 'product']
