"""Importing this module registers every component; configs name it in ``custom_imports``."""

from mmgenprior import compat

compat.check_stack()

# isort: split
from mmgenprior import (  # noqa: E402, F401
    degradations,
    editors,
    engine,
    evaluation,
    inversion,
    postprocess,
    priors,
    visualization,
)
from mmgenprior.classifiers import training  # noqa: E402, F401
from mmgenprior.datasets import restoration_dataset, seeds, transforms  # noqa: E402, F401
from mmgenprior.datasets.toyfaces import dataset  # noqa: E402, F401
from mmgenprior.engine import checkpoints, model_wrapper, optim, paired_gan  # noqa: E402, F401
