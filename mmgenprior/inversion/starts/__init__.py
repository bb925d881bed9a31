"""Where searches start: one contract, ``start(prior, batch, seed, callback)``."""

from mmgenprior.inversion.starts.base import Start
from mmgenprior.inversion.starts.candidates import CandidatesStart
from mmgenprior.inversion.starts.encoder import EncoderStart
from mmgenprior.inversion.starts.encoder_network import LatentEncoder
from mmgenprior.inversion.starts.given import GivenStart
from mmgenprior.inversion.starts.random import RandomStart

__all__ = ['CandidatesStart', 'EncoderStart', 'GivenStart', 'LatentEncoder', 'RandomStart', 'Start']
