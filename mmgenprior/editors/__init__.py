"""Editors: the methods, each a thin choice of prior, stages, objective and finish."""

import mmgenprior.postprocess  # noqa: F401  (registers what the presets name)
from mmgenprior.editors.baselines import (
    DIP,
    Bicubic,
    MeasurementPicture,
    PseudoInverse,
    ZeroFilled,
)
from mmgenprior.editors.bigprior import BIGPrior, DnCNN
from mmgenprior.editors.classical import LowRank, SparseCoding, TotalVariation
from mmgenprior.editors.csgm import CSGM
from mmgenprior.editors.denoiser_methods import DPS, DiffPIR, PlugAndPlay
from mmgenprior.editors.dgp import DGP
from mmgenprior.editors.gan_inversion import GANInversion
from mmgenprior.editors.gauss_newton import GaussNewton
from mmgenprior.editors.iagan import IAGAN
from mmgenprior.editors.map_d import MAPD
from mmgenprior.editors.mgan_prior import MGANPrior
from mmgenprior.editors.restoration_editor import Restoration, RestorationEditor

__all__ = [
    'CSGM',
    'DGP',
    'DIP',
    'DPS',
    'IAGAN',
    'MAPD',
    'BIGPrior',
    'Bicubic',
    'DiffPIR',
    'DnCNN',
    'GANInversion',
    'GaussNewton',
    'LowRank',
    'MGANPrior',
    'MeasurementPicture',
    'PlugAndPlay',
    'PseudoInverse',
    'Restoration',
    'RestorationEditor',
    'SparseCoding',
    'TotalVariation',
    'ZeroFilled',
]
