"""Post-processing: what merges the generated image with the measurement."""

from mmgenprior.postprocess.back_projection import BackProjection
from mmgenprior.postprocess.lab_merge import LabMerge, merge_lab
from mmgenprior.postprocess.luminance_transfer import LuminanceTransfer
from mmgenprior.postprocess.poisson_blending import PoissonBlending

__all__ = [
    'BackProjection',
    'LabMerge',
    'LuminanceTransfer',
    'PoissonBlending',
    'merge_lab',
]
