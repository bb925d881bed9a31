"""Objective terms: what a search through the generator minimises, one class a file."""

from mmgenprior.inversion.terms.adversarial import AdversarialTerm
from mmgenprior.inversion.terms.base import Estimate, ObjectiveTerm, per_sample, picture_of
from mmgenprior.inversion.terms.data_fidelity import DataFidelityTerm
from mmgenprior.inversion.terms.discriminator_features import DiscriminatorFeaturesTerm
from mmgenprior.inversion.terms.latent_box import LatentBoxTerm
from mmgenprior.inversion.terms.latent_norm import LatentNormTerm
from mmgenprior.inversion.terms.likelihood import LikelihoodTerm
from mmgenprior.inversion.terms.perceptual_features import PerceptualFeaturesTerm

__all__ = [
    'AdversarialTerm',
    'DataFidelityTerm',
    'DiscriminatorFeaturesTerm',
    'Estimate',
    'LatentBoxTerm',
    'LatentNormTerm',
    'LikelihoodTerm',
    'ObjectiveTerm',
    'PerceptualFeaturesTerm',
    'per_sample',
    'picture_of',
]
