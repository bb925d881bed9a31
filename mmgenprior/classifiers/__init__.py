"""Classifiers, which the defence task attacks.

MMagic is imported by :mod:`mmgenprior.classifiers.training` alone.
"""

from mmgenprior.classifiers.pretrained import classifier_logits, load_classifier

__all__ = ['classifier_logits', 'load_classifier']
