"""Levenberg-Marquardt: least squares by the whole Jacobian, for up to some 1,000 numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.func import jvp, vmap

from mmgenprior.inversion.optimizers.base import (
    Evaluation,
    Group,
    SearchFunctions,
    SearchOptimizer,
)
from mmgenprior.registry import SEARCH_OPTIMIZERS
from mmgenprior.utils.errors import UserError


@SEARCH_OPTIMIZERS.register_module()
class LevenbergMarquardt(SearchOptimizer):
    """Damped Gauss-Newton steps (Levenberg 1944, Marquardt 1963), damped and accepted per sample.

    Of the residual r(z), whose squares add up to the objective, every iteration takes the Jacobian
    J = ∂r/∂z by one batched forward-mode product for each entry of z, and solves
    (JᵀJ + λ·tr(JᵀJ)/d·I) δ = Jᵀr in float64. z − δ is taken where the objective falls, and λ
    divided; elsewhere λ is multiplied and the step tried again.

    The step sizes of the stage are not used, but for which latents move (not 0).

    Args:
        damping: λ at the start.
        decrease: What λ is divided by after an accepted step.
        increase: What it is multiplied by after a refused one.
        tries: Steps tried in an iteration, at most.
        chunk: Forward-mode products computed at once; bounds the memory.
    """

    needs_graph = False

    def __init__(
        self,
        damping: float = 1e-2,
        decrease: float = 3.0,
        increase: float = 4.0,
        tries: int = 6,
        chunk: int = 64,
    ) -> None:
        self.damping = _positive('damping', damping)
        self.decrease = _positive('decrease', decrease)
        self.increase = _positive('increase', increase)
        self.tries = int(_positive('tries', tries))
        self.chunk = int(_positive('chunk', chunk))

    def begin(
        self, groups: list[Group], warm_up: int = 0, state: dict[str, Any] | None = None
    ) -> LevenbergMarquardtRun:
        """See :meth:`SearchOptimizer.begin`.

        Raises:
            UserError: If weights of the generator are to be moved, or the step sizes to rise.
        """
        names = [name for group in groups for name in group['names']]
        if not all(name.startswith('latent ') for name in names):
            raise UserError(
                'LevenbergMarquardt moves latents alone, not the weights of a generator: take '
                "optimizer=dict(type='Adam') in stages with weight_lr"
            )
        if warm_up:
            raise UserError('LevenbergMarquardt has no step sizes: set warm_up=0')
        return LevenbergMarquardtRun(self, groups, state)


def _positive(name: str, value: float) -> float:
    if not (isinstance(value, (int, float)) and value > 0):
        raise ValueError(f'{name} must be a positive number, got {value!r}')
    return float(value)


class LevenbergMarquardtRun:
    """:class:`LevenbergMarquardt` at work on B samples.

    Args:
        options: The options.
        groups: See :meth:`SearchOptimizer.begin`.
        state: ``dict(damping=...)`` of an earlier stage, or None.
    """

    def __init__(
        self, options: LevenbergMarquardt, groups: list[Group], state: dict[str, Any] | None
    ) -> None:
        self.options = options
        self._tensors: dict[str, Tensor] = {}
        for group in groups:
            self._tensors.update(zip(group['names'], group['params']))
        first = next(iter(self._tensors.values()))
        self._damping = first.new_full((len(first),), options.damping, dtype=torch.float64)
        if state is not None:
            self._damping = state['damping'].clone()

    def _flat(self) -> Tensor:
        return torch.cat([v.detach().flatten(1) for v in self._tensors.values()], dim=1)

    def _named(self, flat: Tensor) -> dict[str, Tensor]:
        """B×d to the tensors by name."""
        sizes = [v[0].numel() for v in self._tensors.values()]
        parts = flat.split(sizes, dim=1)
        return {k: p.view_as(v) for (k, v), p in zip(self._tensors.items(), parts)}

    def jacobian(self, functions: SearchFunctions) -> tuple[Tensor, Tensor]:
        """Residual B×m and Jacobian d×B×m at the tensors as they are.

        Raises:
            UserError: If the prior cannot be differentiated in forward mode.
        """
        if not functions.supports_forward_mode:
            raise UserError(
                f'LevenbergMarquardt needs forward-mode products, which {functions.prior_name} '
                "with this generator (StyleGAN3) cannot do: take optimizer=dict(type='LBFGS')"
            )
        flat = self._flat()

        def residual(z: Tensor) -> Tensor:
            return functions.residual(self._named(z))

        def column(tangent: Tensor) -> Tensor:
            return jvp(residual, (flat,), (tangent.expand_as(flat),))[1]

        units = torch.eye(flat.shape[1], dtype=flat.dtype, device=flat.device)
        columns = [vmap(column)(part) for part in units.split(self.options.chunk)]
        return residual(flat), torch.cat(columns)

    @torch.no_grad()
    def update(self, evaluation: Evaluation, functions: SearchFunctions) -> None:
        """One iteration of every sample."""
        options, flat = self.options, self._flat()
        residual, jacobian = self.jacobian(functions)
        normal = torch.einsum('ibm,jbm->bij', jacobian, jacobian).double()
        gradient = torch.einsum('ibm,bm->bi', jacobian, residual).double()
        scale = normal.diagonal(dim1=1, dim2=2).mean(1).clamp(min=torch.finfo(flat.dtype).tiny)
        unit = torch.eye(normal.shape[1], dtype=torch.float64, device=flat.device)
        value, position = evaluation.value.detach(), flat
        taken = torch.zeros(len(flat), dtype=torch.bool, device=flat.device)
        for _ in range(options.tries):
            damped = normal + (self._damping * scale)[:, None, None] * unit
            # A matrix that is not positive definite by rounding refuses the step, no more.
            factor, failed = torch.linalg.cholesky_ex(damped)
            delta = torch.cholesky_solve(gradient[..., None], factor)[..., 0]
            tried = flat - delta.to(flat.dtype)
            found = functions.evaluate(self._named(tried)).value
            better = ~taken & (failed == 0) & (found < value)
            position = torch.where(better[:, None], tried, position)
            factor_of = torch.where(better, 1 / options.decrease, options.increase)
            self._damping = torch.where(taken, self._damping, self._damping * factor_of)
            self._damping = self._damping.clamp(1e-12, 1e12)
            taken = taken | better
            # Where asking costs nothing, what nobody needs any more is not computed.
            if flat.device.type == 'cpu' and bool(taken.all()):
                break
        for name, tensor in self._named(position).items():
            self._tensors[name].copy_(tensor)

    def state(self) -> dict[str, Any]:
        """The damping of every sample."""
        return dict(damping=self._damping, steps=0, moments={})
