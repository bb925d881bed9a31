"""Classical restoration methods as baselines: total variation, low rank, sparse coding."""

from __future__ import annotations

import torch
from deepinv.optim import ADMM, L2, Prior, TVPrior
from deepinv.physics import LinearPhysics
from mmagic.registry import MODELS
from torch import Tensor

from mmgenprior.degradations import Degradation, detail_gain
from mmgenprior.editors.one_by_one import OneByOne
from mmgenprior.editors.regularizers import SparsePatches, TruncatedNuclearNorm
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import sample_generator
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.limits import PositiveInt

# λ over σ and gain, and λ·γ of an exact measurement: chosen for TV on training faces
# (docs/gaussnewton.md).
_WEIGHT_OF_NOISE = 0.8
_EXACT_WEIGHT = 0.1


class _Exact(L2):
    """Indicator of {x: A x = y}, whose proximal operator is back-projection."""

    def prox(self, x: Tensor, y: Tensor, physics: LinearPhysics, *args, **kwargs) -> Tensor:
        """The nearest image that measures y."""
        return x + physics.A_dagger(y - physics.A(x))


def linear_physics(method: str, operator: Degradation) -> LinearPhysics:
    """The operator of a method that asks for a linear one.

    Raises:
        UserError: If it is none.
    """
    # Quantization has the identity in its place, as in the search.
    physics = getattr(operator.physics, 'surrogate', operator.physics)
    if not isinstance(physics, LinearPhysics):
        raise UserError(
            f'{method} needs a linear operator, not {type(physics).__name__}: remove it from '
            'model.baselines'
        )
    return physics


class _ClassicalBaseline(OneByOne):
    """argmin over x of ½‖A x − y‖² + λ R(x), by deepinv's ADMM, one image at a time.

    Args:
        weight: λ. None takes it from the measurement, one setting for all of them: in proportion
            to the noise and to how loudly pixels are measured
            (:func:`mmgenprior.degradations.detail_gain`) and, without noise, argmin of R(x) among
            all x that measure y.
        step: γ of ADMM; where λ is taken from noise, over the square of that gain. 1 suits a
            denoising task. Where A drops information and y is exact, a small λ with a large γ
            keeps to the measurement and still moves fast.
        iterations: Iterations of ADMM.
        **kwargs: See :class:`RestorationEditor`.
    """

    def __init__(
        self, weight: float | None = None, step: float = 1.0, iterations: int = 100, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        self.weight = None if weight is None else float(weight)
        self.step = float(step)
        self.iterations = int(iterations)

    def regularizer(self) -> Prior:
        """R with its proximal operator; a fresh one per image, as deepinv's TV remembers."""
        raise TypeError(f'{type(self).__name__} does not define regularizer()')

    def _gain(self, one: MeasurementBatch) -> float:
        """How loudly its pixels are measured; not 0 where all of the picture is a hole."""
        stream = sample_generator(self.seed, '', 'detail gain')
        return max(float(detail_gain(one.bound(), one.y, stream)), 1e-3)

    @torch.no_grad()
    def _restore_one(self, one: MeasurementBatch) -> Tensor:
        operator = one.bound()
        physics = linear_physics(type(self).__name__, operator)
        weight, step, fidelity = self.weight, self.step, L2()
        noisy = operator.noise is not None
        if weight is None:
            sigma = float(operator.noise_level(one.y))
            noisy = sigma > 0
            if noisy:
                gain = self._gain(one)
                weight, step = _WEIGHT_OF_NOISE * sigma * gain, step / gain**2
            else:
                weight, fidelity = _EXACT_WEIGHT / step, _Exact()
        # A pseudo-inverse blows noise up.
        start = physics.A_adjoint(one.y) if noisy else physics.A_dagger(one.y)
        solver = ADMM(
            data_fidelity=fidelity,
            prior=self.regularizer(),
            lambda_reg=weight,
            stepsize=step,
            max_iter=self.iterations,
        )
        return solver(one.y, physics, init=(start, torch.zeros_like(start))) + operator.centre


@MODELS.register_module()
class TotalVariation(_ClassicalBaseline):
    """Isotropic total variation ("TV" in MAP-D's Table 1): regulariser and solver are deepinv's.

    Args:
        inner_iterations: Iterations of deepinv's proximal operator, which starts warm.
        **kwargs: ``weight``, ``step``, ``iterations`` and those of :class:`RestorationEditor`.
    """

    variant = 'TV'

    def __init__(self, inner_iterations: PositiveInt = 20, **kwargs) -> None:
        super().__init__(**kwargs)
        self.inner_iterations = int(inner_iterations)

    def regularizer(self) -> Prior:
        """The ``TVPrior`` of deepinv."""
        return TVPrior(n_it_max=self.inner_iterations)


@MODELS.register_module()
class LowRank(_ClassicalBaseline):
    """Truncated nuclear norm of the channels (Hu et al. 2013, "LR" in MAP-D's Table 1).

    The singular values are ``torch.linalg``'s, the solver is deepinv's; no library that this
    package needs has the norm itself.

    Args:
        rank: Number of singular values that are not penalised.
        **kwargs: ``weight``, ``step``, ``iterations`` and those of :class:`RestorationEditor`.
    """

    variant = 'low-rank'

    def __init__(self, rank: int = 1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.rank = int(rank)

    def _gain(self, one: MeasurementBatch) -> float:
        # A low rank holds no noise back where the measurement does not: λ is that of denoising.
        return 1.0

    def regularizer(self) -> Prior:
        """The truncated nuclear norm."""
        return TruncatedNuclearNorm(self.rank)


@MODELS.register_module()
class SparseCoding(_ClassicalBaseline):
    """Patches that are sparse in a cosine dictionary ("Sparse" in MAP-D's Table 1).

    SciPy's discrete cosine transform, deepinv's ℓ₁ prox and solver. The paper cites methods with
    learnt dictionaries; the fixed one needs no training images.

    Args:
        size: Side of the patches in pixels.
        **kwargs: ``weight``, ``step``, ``iterations`` and those of :class:`RestorationEditor`.
    """

    variant = 'sparse'

    def __init__(self, size: int = 8, **kwargs) -> None:
        super().__init__(**kwargs)
        self.size = int(size)

    def regularizer(self) -> Prior:
        """Sparse overlapping patches."""
        return SparsePatches(self.size)
