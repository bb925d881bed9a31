"""Measurement operators, their noise, and the adapter that a task uses."""

from mmgenprior.degradations.adversarial import AdversarialAttack
from mmgenprior.degradations.base import (
    DegradationError,
    LinearOperator,
    NonlinearOperator,
    Operator,
)
from mmgenprior.degradations.blur import GaussianBlur, UniformBlur
from mmgenprior.degradations.build import build_noise, build_physics
from mmgenprior.degradations.coarse import coarse_share, detail_gain, flat_gain
from mmgenprior.degradations.composition import Compose
from mmgenprior.degradations.compressed_sensing import GaussianCompressedSensing
from mmgenprior.degradations.degradation import Degradation
from mmgenprior.degradations.fourier import FourierSubsampling, symmetric_random_mask
from mmgenprior.degradations.from_config import build_degradation, get_degradation
from mmgenprior.degradations.jpeg import JPEGCompression
from mmgenprior.degradations.kernel_blur import KernelBlur
from mmgenprior.degradations.masks import BoxMask, FileMask, RandomBoxesMask, load_mask
from mmgenprior.degradations.noise import GaussianNoise
from mmgenprior.degradations.pointwise import HSVValue, Identity, Luminance, Quantization
from mmgenprior.degradations.resampling import (
    BicubicDownsampling,
    BilinearDownsampling,
    BilinearUpsampling,
    LanczosDownsampling,
    PILLanczosDownsampling,
)
from mmgenprior.degradations.separable import SeparableOperator

__all__ = [
    'AdversarialAttack',
    'BicubicDownsampling',
    'BilinearDownsampling',
    'BilinearUpsampling',
    'BoxMask',
    'Compose',
    'Degradation',
    'DegradationError',
    'FileMask',
    'FourierSubsampling',
    'GaussianBlur',
    'GaussianCompressedSensing',
    'GaussianNoise',
    'HSVValue',
    'Identity',
    'JPEGCompression',
    'KernelBlur',
    'LanczosDownsampling',
    'LinearOperator',
    'Luminance',
    'NonlinearOperator',
    'Operator',
    'PILLanczosDownsampling',
    'Quantization',
    'RandomBoxesMask',
    'SeparableOperator',
    'UniformBlur',
    'build_degradation',
    'build_noise',
    'build_physics',
    'coarse_share',
    'detail_gain',
    'flat_gain',
    'get_degradation',
    'load_mask',
    'symmetric_random_mask',
]
