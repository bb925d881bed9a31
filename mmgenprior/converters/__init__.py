"""Official checkpoints of other code bases, rewritten to the layout of the stock MMagic classes.

Each converter takes a state dict and returns a :class:`Conversion`: the new state dict and the
config that goes with it. :func:`convert_file` does the same from file to file.
"""

from mmgenprior.converters.began import convert_began
from mmgenprior.converters.biggan import convert_biggan_discriminator, convert_biggan_generator
from mmgenprior.converters.files import convert_file, read_official
from mmgenprior.converters.pggan import convert_pggan_genforce, convert_pggan_ptrblck
from mmgenprior.converters.phi import convert_bigprior_phi
from mmgenprior.converters.rules import Conversion

__all__ = [
    'Conversion',
    'convert_began',
    'convert_biggan_discriminator',
    'convert_biggan_generator',
    'convert_bigprior_phi',
    'convert_file',
    'convert_pggan_genforce',
    'convert_pggan_ptrblck',
    'read_official',
]
