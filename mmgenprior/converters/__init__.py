"""Official checkpoints of other code bases, rewritten to the layout of the stock MMagic classes.

Each converter takes a state dict and returns a :class:`Conversion`: the new state dict and the
config that goes with it. :func:`convert_file` does the same from file to file.

Names are resolved on first use: ``mmgenprior convert --help`` lists the kinds without torch.
"""

from __future__ import annotations

from mmgenprior.converters.detect import KINDS, convert_kind, converter_of, detect
from mmgenprior.utils.lazy import lazily
from mmgenprior.weights import layouts

_HOME = {
    **{kind.converter: kind.module for kind in KINDS.values()},
    'Conversion': 'rules',
    'convert_file': 'file_conversion',
    'read_official': 'file_conversion',
}
__all__ = ['KINDS', 'converter_of', 'detect', *_HOME]

# Catalogues name layouts; see there.
layouts.announce(convert_kind)

__getattr__ = lazily(__name__, _HOME)
