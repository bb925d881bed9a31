"""What a stage remembers while it runs, all on the device and per sample."""

from __future__ import annotations

import torch
from torch import Tensor

from mmgenprior.inversion.results import StageResult
from mmgenprior.inversion.stages import Stage

Tensors = dict[str, Tensor]


def _select(chosen: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """``new`` where ``chosen`` (B,) holds, else ``old``; no host sync."""
    return torch.where(chosen.view(-1, *[1] * (new.dim() - 1)), new.detach(), old)


def _select_all(chosen: Tensor, new: Tensors, old: Tensors | None) -> Tensors:
    if old is None:
        return {k: v.detach().clone() for k, v in new.items()}
    return {k: _select(chosen, v, old[k]) for k, v in new.items()}


class Record:
    """Trace, early stopping and the kept iterate of every sample of a batch.

    Args:
        stage: The stage; its ``keep`` and ``early_stop`` rules are applied here.
        y: Measurements B×..., for batch size, device and dtype.
        keep_weights: Remember the weights of the kept iterate too.
    """

    def __init__(self, stage: Stage, y: Tensor, keep_weights: bool) -> None:
        batch = len(y)
        self.stage = stage
        self.keep_weights = keep_weights
        self.trace = y.new_full((stage.iterations, batch), float('nan'))
        self.objective = y.new_full((batch,), float('inf'))
        self.active = torch.ones(batch, dtype=torch.bool, device=y.device)
        self._watch = stage.early_stop.watch(y) if stage.early_stop else None
        self.image: Tensor | None = None
        self.latents: Tensors | None = None
        self.weights: Tensors | None = None
        self._stopping = torch.zeros_like(self.active)

    def before_update(
        self,
        iteration: int,
        value: Tensor,
        image: Tensor,
        latents: Tensors,
        weights: Tensors,
        watched: Tensor | None = None,
    ) -> None:
        """Note one forward pass: objectives (B,), images, and the iterate behind them.

        ``watched`` (B,) is what the stopping rule looks at; the objective by default.
        """
        stop = self.stage.early_stop
        self.trace[iteration] = torch.where(self.active, value, self.trace[iteration])
        if self.stage.keep == 'best':
            self._keep_if(self.active & (value < self.objective), value, image, latents, weights)
        else:
            self.objective = torch.where(self.active, value, self.objective)
            if self.stage.keep == 'last_forward':
                self.image = (
                    image
                    if stop is None or self.image is None
                    else (_select(self.active, image, self.image))
                )
        if stop is not None:
            self._stopping = self._watch.fires(value if watched is None else watched)

    def after_update(self, latents: Tensors, weights: Tensors) -> None:
        """Note the iterate after the update, and stop the samples whose rule fired."""
        if self.stage.early_stop is None:
            return
        if self.stage.keep != 'best':
            self.latents = _select_all(self.active, latents, self.latents)
            if weights:
                self.weights = _select_all(self.active, weights, self.weights)
        self.active = self.active & ~self._stopping

    def all_stopped(self) -> bool:
        """Whether no sample is searched any more; waits for the device."""
        return not bool(self.active.any())

    def last_latents(self, latents: Tensors) -> Tensors:
        """Latents of each sample's last iterate; a stopped sample's are those it stopped with."""
        if self.stage.early_stop is None or self.stage.keep == 'best':
            return latents
        return self.latents

    def last_weights(self, weights: Tensors) -> Tensors:
        """Weights of each sample's last iterate."""
        if self.stage.early_stop is None or self.stage.keep == 'best' or not weights:
            return weights
        return self.weights

    def finish(
        self, image: Tensor, value: Tensor | None, latents: Tensors, weights: Tensors
    ) -> None:
        """Take in the iterate after the last update and its image."""
        if self.stage.keep == 'best':
            self._keep_if(self.active & (value < self.objective), value, image, latents, weights)
        else:
            self.image = image

    def result(self, latents: Tensors, weights: Tensors) -> StageResult:
        """The kept images, latents and weights, detached."""
        if self.stage.keep != 'best':
            self.latents = self.last_latents(latents)
            self.weights = self.last_weights(weights)
        kept = self.weights if self.keep_weights and self.weights else {}
        return StageResult(
            image=self.image.detach(),
            latents={k: v.detach() for k, v in self.latents.items()},
            weights={k: v.detach() for k, v in kept.items()},
            objective=self.objective,
            trace=self.trace,
        )

    def _keep_if(
        self, chosen: Tensor, value: Tensor, image: Tensor, latents: Tensors, weights: Tensors
    ) -> None:
        self.objective = torch.where(chosen, value, self.objective)
        self.image = image if self.image is None else _select(chosen, image, self.image)
        self.latents = _select_all(chosen, latents, self.latents)
        if self.keep_weights and weights:
            self.weights = _select_all(chosen, weights, self.weights)
