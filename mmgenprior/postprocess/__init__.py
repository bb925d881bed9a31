"""Post-processing: what merges the generated image with the measurement."""

from mmgenprior.postprocess.back_projection import BackProjection
from mmgenprior.postprocess.phi_network import PhiNetwork

__all__ = ['BackProjection', 'PhiNetwork']
