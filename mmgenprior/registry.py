"""Registries that MMagic lacks.

Editors, priors and objective terms live in MMagic's ``MODELS``, transforms in
its ``TRANSFORMS``, metrics in its ``METRICS`` and ``EVALUATORS``, hooks in its
``HOOKS``. MMagic has no notion of a measurement operator, so this one is ours.
"""

from mmengine.registry import Registry

PHYSICS = Registry('physics', scope='mmgenprior')
NOISES = Registry('noise', scope='mmgenprior')
