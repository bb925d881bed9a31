"""Generators behind one interface: latents in, RGB images on the [0, 1] scale out."""

import mmgenprior.converters  # noqa: F401  (catalogues name what it announces)
from mmgenprior.priors.base import Prior
from mmgenprior.priors.began import BEGANGenerator, BEGANPrior
from mmgenprior.priors.biggan import BigGANPrior
from mmgenprior.priors.building import init_generator
from mmgenprior.priors.cut import Cut
from mmgenprior.priors.dcgan import DCGANPrior
from mmgenprior.priors.latents import sample_latent
from mmgenprior.priors.module import ModulePrior
from mmgenprior.priors.multi_code import MultiCodePrior
from mmgenprior.priors.pggan import PGGANPrior
from mmgenprior.priors.stylegan import StyleGANPrior
from mmgenprior.priors.zoo import build_prior, prior_config, zoo_discriminator
from mmgenprior.utils.errors import CheckpointError
from mmgenprior.weights.reading import load_generator
from mmgenprior.weights.resolve import resolve_checkpoint

__all__ = [
    'BEGANGenerator',
    'BEGANPrior',
    'BigGANPrior',
    'CheckpointError',
    'Cut',
    'DCGANPrior',
    'ModulePrior',
    'MultiCodePrior',
    'PGGANPrior',
    'Prior',
    'StyleGANPrior',
    'build_prior',
    'init_generator',
    'load_generator',
    'prior_config',
    'resolve_checkpoint',
    'sample_latent',
    'zoo_discriminator',
]
