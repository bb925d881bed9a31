"""Registries that MMagic lacks.

Editors, priors and objective terms live in MMagic's ``MODELS``, transforms in
its ``TRANSFORMS``, metrics in its ``METRICS`` and ``EVALUATORS``, hooks in its
``HOOKS``. MMagic has no notion of a measurement operator, of its noise, or of an
optimiser whose steps are each sample's own, so these are ours.
"""

from mmengine.registry import Registry

PHYSICS = Registry('physics', scope='mmgenprior')
NOISES = Registry('noise', scope='mmgenprior')
SEARCH_OPTIMIZERS = Registry('search optimizer', scope='mmgenprior')
