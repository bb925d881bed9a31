"""Post-processing: what merges the generated image with the measurement."""

from mmgenprior.postprocess.back_projection import BackProjection
from mmgenprior.postprocess.lab_merge import LabMerge, merge_lab
from mmgenprior.postprocess.luminance_transfer import LuminanceTransfer
from mmgenprior.postprocess.phi_checkpoint import build_phi
from mmgenprior.postprocess.phi_fusion import check_channels, data_image, weigh_and_fuse
from mmgenprior.postprocess.phi_network import PhiNetwork
from mmgenprior.postprocess.poisson_blending import PoissonBlending

__all__ = [
    'BackProjection',
    'LabMerge',
    'LuminanceTransfer',
    'PhiNetwork',
    'PoissonBlending',
    'build_phi',
    'check_channels',
    'data_image',
    'merge_lab',
    'weigh_and_fuse',
]
