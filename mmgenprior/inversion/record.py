"""What a stage remembers while it runs, all on the device and per sample."""

from __future__ import annotations

import torch
from torch import Tensor

from mmgenprior.inversion.iterate import Iterate, select
from mmgenprior.inversion.results import StageResult
from mmgenprior.inversion.stages import Stage
from mmgenprior.inversion.stopping import StopWatch


class Record:
    """Trace, early stopping and the kept iterate of every sample of a batch.

    Args:
        stage: The stage; its ``keep`` and ``early_stop`` rules are applied here.
        y: Measurements B×..., for batch size, device and dtype.
        keep_weights: Remember all of the kept iterate, not the latents alone.
        watch: What applies the stage's stopping rule, or None.
    """

    def __init__(
        self, stage: Stage, y: Tensor, keep_weights: bool, watch: StopWatch | None = None
    ) -> None:
        batch = len(y)
        self.stage = stage
        self.keep_weights = keep_weights
        self.trace = y.new_full((stage.iterations, batch), float('nan'))
        self.objective = y.new_full((batch,), float('inf'))
        self._finite = torch.ones(batch, dtype=torch.bool, device=y.device)
        self.active = torch.ones(batch, dtype=torch.bool, device=y.device)
        self.image: Tensor | None = None
        self.iterate: Iterate | None = None
        self._watch = watch
        self._stopping = torch.zeros_like(self.active)

    def before_update(
        self,
        iteration: int,
        value: Tensor,
        image: Tensor,
        iterate: Iterate,
        watched: Tensor | None = None,
        misfit: Tensor | None = None,
    ) -> None:
        """Note one forward pass: objectives (B,), images, and the iterate behind them.

        Args:
            iteration: Its number, from 0.
            value: Objectives (B,).
            image: Images, B×3×H×W.
            iterate: What they were made from.
            watched: What the stopping rule looks at (B,); the objective by default.
            misfit: ‖A x − y‖²/m (B,), where a rule needs it.
        """
        self.trace[iteration] = torch.where(self.active, value, self.trace[iteration])
        self._finite = torch.where(self.active, value.isfinite(), self._finite)
        ended = None
        if self._watch is not None:
            ended = self._watch.fires(value if watched is None else watched, misfit)
            self._stopping = ended.fired
        if self.stage.keep == 'best':
            better = value < self.objective
            if ended is not None:
                # Where the noise begins, a lower objective of before is no better.
                better = better | ended.by_discrepancy
            self._keep_if(self.active & better, value, image, iterate)
            return
        self.objective = torch.where(self.active, value, self.objective)
        if self.stage.keep == 'last_forward':
            whole = self._watch is None or self.image is None
            self.image = image if whole else select(self.active, image, self.image)

    def after_update(self, iterate: Iterate) -> None:
        """Note the iterate after the update, and stop the samples whose rule fired."""
        if self._watch is None:
            return
        if self.stage.keep != 'best':
            first = self.iterate is None
            self.iterate = iterate.cloned() if first else iterate.where(self.active, self.iterate)
        self.active = self.active & ~self._stopping

    def all_stopped(self) -> bool:
        """Whether no sample is searched any more; waits for the device."""
        return not bool(self.active.any())

    def last(self, iterate: Iterate) -> Iterate:
        """Each sample's last iterate; a stopped sample's is that which it stopped with."""
        return iterate if self._watch is None or self.stage.keep == 'best' else self.iterate

    def finish(self, image: Tensor, value: Tensor | None, iterate: Iterate) -> None:
        """Take in the iterate after the last update and its image."""
        if self.stage.keep == 'best':
            self._keep_if(self.active & (value < self.objective), value, image, iterate)
        else:
            self.image = image

    def result(self, iterate: Iterate) -> StageResult:
        """What is kept, detached."""
        kept = self.iterate if self.stage.keep == 'best' else self.last(iterate)
        image = self.image.detach()
        is_picture = image.flatten(1).isfinite().all(1)
        return StageResult(
            image=image,
            iterate=self._wanted(kept).detached(),
            # What is no picture never wins over another restart.
            objective=torch.where(is_picture, self.objective, torch.inf),
            trace=self.trace,
            diverged=~(self._finite & is_picture),
        )

    def _keep_if(self, chosen: Tensor, value: Tensor, image: Tensor, iterate: Iterate) -> None:
        iterate = self._remembered(iterate)
        first = self.iterate is None
        self.objective = torch.where(chosen, value, self.objective)
        self.image = image if first else select(chosen, image, self.image)
        self.iterate = iterate.cloned() if first else iterate.where(chosen, self.iterate)

    def _wanted(self, iterate: Iterate) -> Iterate:
        return iterate if self.keep_weights else Iterate(iterate.latents)

    def _remembered(self, iterate: Iterate) -> Iterate:
        # What was found in another precision is evaluated again in full, all of it.
        return iterate if self.stage.autocast else self._wanted(iterate)
