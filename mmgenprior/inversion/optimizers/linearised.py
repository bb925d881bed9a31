"""The residual at a point, and products with its Jacobian: whole, or without ever storing it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import jvp, vmap

from mmgenprior.inversion.optimizers.base import SearchFunctions
from mmgenprior.inversion.optimizers.rows import Rows
from mmgenprior.utils.errors import UserError


class Linearised:
    """r(x) and products with J = ∂r/∂x at one point, for B samples; J is never stored.

    Jᵀu is a backward pass. J v is one too: of u ↦ Jᵀu, which is linear in u (the double-backward
    trick). It costs what forward mode does and works where that does not (StyleGAN3, operations
    with a hand-written backward pass).

    Args:
        function: x (B×d) ↦ r (B×m), no sample coupled with another.
        at: The point, B×d.

    Attributes:
        residual: r, B×m.
    """

    def __init__(self, function: Callable[[Tensor], Tensor], at: Tensor) -> None:
        with torch.enable_grad():
            self._at = at.detach().clone().requires_grad_(True)
            self._graph = function(self._at)
            self._cotangent = torch.zeros_like(self._graph, requires_grad=True)
            (self._pulled,) = torch.autograd.grad(
                self._graph, self._at, self._cotangent, create_graph=True
            )
        self.residual = self._graph.detach()

    def times(self, v: Tensor) -> Tensor:
        """J v of v B×d, B×m."""
        return torch.autograd.grad(self._pulled, self._cotangent, v, retain_graph=True)[0]

    def transposed(self, u: Tensor) -> Tensor:
        """Jᵀu of u B×m, B×d."""
        return torch.autograd.grad(self._graph, self._at, u, retain_graph=True)[0]


def jacobian_products(
    function: Callable[[Tensor], Tensor], at: Tensor, tangents: Tensor, forward_mode: bool
) -> Tensor:
    """J v for N tangents of each of B samples.

    Args:
        function: x (B×d) ↦ r (B×m), no sample coupled with another.
        at: The point, B×d.
        tangents: N×B×d.
        forward_mode: Whether the function can be differentiated so, all tangents at once; else
            :class:`Linearised` takes one after the other.

    Returns:
        N×B×m.
    """
    if forward_mode:
        return vmap(lambda tangent: jvp(function, (at,), (tangent,))[1])(tangents)
    linear = Linearised(function, at)
    return torch.stack([linear.times(tangent) for tangent in tangents])


def whole_jacobian(
    functions: SearchFunctions,
    rows: Rows,
    asked_by: str,
    chunk: int = 64,
    dtype: torch.dtype | None = None,
) -> tuple[Tensor, Tensor]:
    """Residual B×m and Jacobian B×m×d at the rows as they are.

    By batched forward-mode products; of priors that have none by one product after the other, which
    costs two to three times as much.

    Args:
        functions: The search.
        rows: What is moved; latents alone.
        asked_by: Name of the optimiser, for messages.
        chunk: Products computed at once; bounds the memory.
        dtype: What the generator computes J in (autocast); the residual is of full precision. None
            is the generator's own.

    Raises:
        UserError: If a weight is moved, or a term is no sum of squares.
    """
    if not all(name.startswith('latent ') for name in rows.tensors):
        raise UserError(
            f'{asked_by} moves latents alone, not the weights of a generator: take '
            "optimizer=dict(type='Adam') or dict(type='GaussNewtonCG') in stages with weight_lr"
        )
    at = rows.read()

    def residual(x: Tensor) -> Tensor:
        return functions.residual(rows.named(x), dtype)

    def column(tangent: Tensor) -> tuple[Tensor, Tensor]:
        return jvp(residual, (at,), (tangent.expand_as(at),))

    units = torch.eye(at.shape[1], dtype=at.dtype, device=at.device)
    if not functions.supports_forward_mode:
        linear = Linearised(residual, at)
        columns = [linear.times(unit.expand_as(at)) for unit in units]
        found = linear.residual if dtype is None else functions.residual(rows.named(at))
        return found, torch.stack(columns, dim=2)
    # The residual comes with every chunk, not batched; the first is enough.
    parts = [vmap(column, out_dims=(None, 2))(part) for part in units.split(chunk)]
    found = parts[0][0] if dtype is None else functions.residual(rows.named(at))
    return found, torch.cat([part for _, part in parts], dim=2)
