"""Conjugate gradients for pseudo-inverses without a closed form, and maps that differentiate."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Map = Callable[[Tensor], Tensor]
Maps = tuple[Map, Map]


class _LinearMap(torch.autograd.Function):
    """v -> forward(v) with backward(g) = transpose(g), whatever happens inside the two."""

    @staticmethod
    def forward(v: Tensor, forward: Map, transpose: Map, tangents: Maps | None) -> Tensor:
        with torch.no_grad():
            return forward(v)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ctx.maps = inputs[1:]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        forward, transpose, tangents = ctx.maps
        turned = tangents and tangents[::-1]
        return _LinearMap.apply(grad, transpose, forward, turned), None, None, None

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: None) -> Tensor:
        return _LinearMap.apply(tangent, *ctx.maps)

    @staticmethod
    def vmap(
        info: Any,
        in_dims: tuple[int | None, ...],
        v: Tensor,
        forward: Map,
        transpose: Map,
        tangents: Maps | None,
    ) -> tuple[Tensor, int]:
        v = v.movedim(in_dims[0], 0)
        if tangents is None:
            maps = (forward, transpose, tangents)
            return torch.stack([_LinearMap.apply(part, *maps) for part in v]), 0
        # Sample by sample, so that none depends on how many there are.
        mapped = [_LinearMap.apply(part, *tangents, tangents) for part in v.unbind(1)]
        return torch.stack(mapped, 1), 0


def linear_map(v: Tensor, forward: Map, transpose: Map, tangents: Maps | None = None) -> Tensor:
    """Apply a linear map whose gradient is its transpose, at no memory for intermediate values.

    Args:
        v: Argument, any shape that ``forward`` takes.
        forward: The map.
        transpose: Its transpose.
        tangents: The same two for the many tangents of one sample that a Jacobian asks for, in
            place of its batch; left out where the map has parameters of each sample, and each
            tangent then is a product of its own.

    Returns:
        ``forward(v)``.
    """
    return _LinearMap.apply(v, forward, transpose, tangents)


def _dots(a: Tensor, b: Tensor) -> Tensor:
    # One dot product per sample: a batched reduction may round differently with the batch size.
    return torch.stack([(u * v).sum() for u, v in zip(a, b, strict=True)])


def _scale(factors: Tensor, vectors: Tensor) -> Tensor:
    return factors.view(-1, *[1] * (vectors.dim() - 1)) * vectors


def cgls(y: Tensor, forward: Map, adjoint: Map, tol: float | None, max_iter: int) -> Tensor:
    """Least-squares solution of smallest norm, by conjugate gradients on the normal equations.

    CGLS (Björck 1996, alg. 7.4.1) started from zero stays in the range of Aᵀ,
    hence converges to A†y. Samples are independent: each stops by itself.

    Args:
        y: Right-hand sides, B×...
        forward: A, batched.
        adjoint: Aᵀ, batched.
        tol: Stop at ‖Aᵀr‖ <= tol·‖Aᵀy‖; ``None`` takes 1e-12 in float64 and 3e-6 in float32.
        max_iter: Number of iterations after which a warning is given.

    Returns:
        Solutions, B×...
    """
    if tol is None:
        tol = 1e-12 if y.dtype == torch.float64 else 3e-6
    residual = y
    gradient = adjoint(residual)
    x = torch.zeros_like(gradient)
    direction = gradient
    energy = _dots(gradient, gradient)
    target = tol**2 * energy
    active = energy > target
    for _ in range(max_iter):
        if not active.any():
            return x
        image = forward(direction)
        curvature = _dots(image, image)
        step = torch.where(active, energy / curvature, 0.0)
        x = x + _scale(step, direction)
        residual = residual - _scale(step, image)
        gradient = adjoint(residual)
        new_energy = _dots(gradient, gradient)
        ratio = torch.where(active, new_energy / energy, 0.0)
        direction = gradient + _scale(ratio, direction)
        energy = torch.where(active, new_energy, energy)
        active = energy > target
    if active.any():
        reached = float((energy / target.clamp_min(1e-300)).max() ** 0.5 * tol)
        warnings.warn(
            f'conjugate gradients stopped after {max_iter} iterations at a relative gradient of '
            f'{reached:.1e} (wanted {tol:.0e}); raise max_iter or tol',
            stacklevel=2,
        )
    return x


def pseudo_inverse(
    y: Tensor, forward: Map, adjoint: Map, tol: float | None = None, max_iter: int = 1000
) -> Tensor:
    """A†y by :func:`cgls`, differentiable in y: the gradient is (Aᵀ)†, again by :func:`cgls`.

    Args:
        y: Right-hand sides, B×...
        forward: A, batched.
        adjoint: Aᵀ, batched.
        tol: See :func:`cgls`.
        max_iter: See :func:`cgls`.

    Returns:
        Solutions, B×...
    """
    return linear_map(
        y,
        lambda v: cgls(v, forward, adjoint, tol, max_iter),
        lambda v: cgls(v, adjoint, forward, tol, max_iter),
    )
