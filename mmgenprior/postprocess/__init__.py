"""Post-processing: what merges the generated image with the measurement."""

from mmgenprior.postprocess.back_projection import BackProjection

__all__ = ['BackProjection']
