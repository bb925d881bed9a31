"""What an optimiser moves, as one row of numbers per sample."""

from __future__ import annotations

import torch
from torch import Tensor

from mmgenprior.inversion.optimizers.base import Group


class Rows:
    """Named B×... tensors seen as rows B×d, in the order of the groups.

    Args:
        groups: See :meth:`mmgenprior.inversion.optimizers.SearchOptimizer.begin`.

    Attributes:
        tensors: Name → leaf tensor, moved in place by :meth:`write`.
        step_sizes: The step size of every entry, (d,).
    """

    def __init__(self, groups: list[Group]) -> None:
        self.tensors: dict[str, Tensor] = {}
        rates = []
        for group in groups:
            self.tensors.update(zip(group['names'], group['params']))
            rates += [v.new_full((v[0].numel(),), group['lr']) for v in group['params']]
        self.step_sizes = torch.cat(rates).detach()

    @property
    def layout(self) -> dict[str, tuple[int, ...]]:
        """Name → shape; rows mean the same where this is equal."""
        return {name: tuple(value.shape) for name, value in self.tensors.items()}

    def read(self) -> Tensor:
        """The tensors as they are, B×d, without a graph."""
        return torch.cat([v.detach().flatten(1) for v in self.tensors.values()], dim=1)

    def named(self, rows: Tensor) -> dict[str, Tensor]:
        """Rows B×d as tensors by name; differentiable."""
        sizes = [v[0].numel() for v in self.tensors.values()]
        parts = rows.split(sizes, dim=1)
        return {k: part.view(v.shape) for (k, v), part in zip(self.tensors.items(), parts)}

    @torch.no_grad()
    def write(self, rows: Tensor) -> None:
        """Move the tensors to rows B×d."""
        for name, value in self.named(rows).items():
            self.tensors[name].copy_(value)

    def gradient(self, value: Tensor) -> Tensor:
        """∂ of each sample's value (B,) with respect to its row, B×d; frees the graph."""
        found = torch.autograd.grad(value.sum(), list(self.tensors.values()), allow_unused=True)
        parts = [
            torch.zeros_like(v) if g is None else g for g, v in zip(found, self.tensors.values())
        ]
        return torch.cat([part.flatten(1) for part in parts], dim=1)


def dot(a: Tensor, b: Tensor) -> Tensor:
    """Inner product of every row, (B,), summed in float64."""
    return (a * b).sum(1, dtype=torch.float64)


def times(factor: Tensor, rows: Tensor) -> Tensor:
    """One factor (B,) for every row B×d, in the dtype of the rows."""
    return factor.to(rows.dtype)[:, None] * rows


def all_of(flags: Tensor) -> bool:
    """Whether all of (B,) are set, where asking does not make the device wait; else False."""
    return flags.device.type == 'cpu' and bool(flags.all())


def positive(name: str, value: float) -> float:
    """An option that must be a positive number.

    Raises:
        ValueError: If it is not.
    """
    if isinstance(value, bool) or not (isinstance(value, (int, float)) and value > 0):
        raise ValueError(f'{name} must be a positive number, got {value!r}')
    return float(value)


def count(name: str, value: int) -> int:
    """An option that must be a whole number from 1 on.

    Raises:
        ValueError: If it is not.
    """
    if isinstance(value, bool) or not (isinstance(value, int) and value >= 1):
        raise ValueError(f'{name} must be a whole number from 1 on, got {value!r}')
    return value
