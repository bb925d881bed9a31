"""Toy faces: a family of pictures made by code, to train priors on and to test them."""

from mmgenprior.datasets.toyfaces.latents import face_latent
from mmgenprior.datasets.toyfaces.parameters import (
    CLASSES,
    SPLITS,
    FaceParameters,
    draw_parameters,
)
from mmgenprior.datasets.toyfaces.render import render_face, render_parameters

__all__ = [
    'CLASSES',
    'SPLITS',
    'FaceParameters',
    'draw_parameters',
    'face_latent',
    'render_face',
    'render_parameters',
]
