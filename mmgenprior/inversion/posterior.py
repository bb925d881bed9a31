"""What the measurement leaves open of the latent: a normal distribution round the optimum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mmgenprior.inversion.iterate import Tensors
from mmgenprior.inversion.optimizers.linearised import whole_jacobian
from mmgenprior.inversion.optimizers.rows import Rows
from mmgenprior.inversion.solver import begin
from mmgenprior.inversion.stages import Stage
from mmgenprior.inversion.step import Problem, functions_of


@dataclass
class LaplacePosterior:
    """N(z*, P⁻¹) of B samples, P the Hessian of −log p(z | y) in the Gauss-Newton form.

    With r of Σ r² = −log p (:meth:`mmgenprior.inversion.objective.Objective.residual`) it is 2JᵀJ:
    JᵀJ/σ_eff² + I for a likelihood and a normal latent (Laplace; Tierney and Kadane 1986).

    Attributes:
        optimum: z*, name → B×....
        factor: L of P = L Lᵀ, B×d×d, float64; the entries in the order of ``optimum``.
    """

    optimum: Tensors
    factor: Tensor

    def draw(self, streams: Sequence[torch.Generator], count: int) -> Tensors:
        """Samples, each from its own sample's stream.

        Args:
            streams: One CPU generator per sample (B).
            count: N per sample; the first stay the same when N grows.

        Returns:
            Name → (B·N)×..., the N of one sample side by side.
        """
        size = self.factor.shape[1]
        normal = torch.stack(
            [torch.randn(size, generator=s).double() for s in streams for _ in range(count)]
        ).to(self.factor.device)
        factor = self.factor.repeat_interleave(count, 0)
        shift = torch.linalg.solve_triangular(factor.mT, normal[..., None], upper=True)[..., 0]
        parts = shift.split([v[0].numel() for v in self.optimum.values()], dim=1)
        return {
            name: value.repeat_interleave(count, 0)
            + part.to(value.dtype).view(-1, *value.shape[1:])
            for (name, value), part in zip(self.optimum.items(), parts)
        }


@torch.no_grad()
def laplace(problem: Problem, stage: Stage, latents: Tensors, chunk: int = 64) -> LaplacePosterior:
    """The posterior of the latents that a stage moves, at its optimum.

    Args:
        problem: What was searched; its objective is −log p(z | y), as :class:`.LikelihoodTerm` and
            :class:`.LatentNormTerm` (``reduction='sum'``) make it.
        stage: The stage that found the optimum, by a least-squares optimiser.
        latents: z*, name → B×....
        chunk: Forward-mode products computed at once; bounds the memory.

    Raises:
        UserError: If a term is no sum of squares.
    """
    state = begin(problem, stage, latents)
    moved = {name: value for name, value in latents.items() if stage.latent_step(name)}
    groups = [
        dict(names=[f'latent {name}'], params=[state.iterate.latents[name]], lr=1.0)
        for name in moved
    ]
    _, jacobian = whole_jacobian(functions_of(state), Rows(groups), 'the posterior', chunk)
    jacobian = jacobian.double()
    precision = 2 * jacobian.mT @ jacobian
    # What neither measurement nor prior holds has no precision; rounding must not make it negative.
    scale = precision.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
    unit = torch.eye(precision.shape[1], dtype=torch.float64, device=precision.device)
    return LaplacePosterior(moved, torch.linalg.cholesky(precision + 1e-9 * scale * unit))
