"""The best of many random starts under a distance to the measurement."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import torch
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.degradations import Degradation
from mmgenprior.inversion.callbacks import RunningStage, SearchCallback, ignore
from mmgenprior.inversion.lanes import in_lanes
from mmgenprior.inversion.objective import Objective
from mmgenprior.inversion.starts.base import Start, class_embedding_of
from mmgenprior.inversion.terms.base import Estimate, ObjectiveTerm
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import sample_generator
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.limits import PositiveInt


@MODELS.register_module()
class CandidatesStart(Start):
    """Draw candidates, keep the one whose image measures nearest to y (DGP, Initialization).

    Every image draws candidates of its own from its own stream, and they are compared in
    batches that hold no other image's, so that neither the batch nor the order matter.

    Args:
        objective: Terms of the distance, e.g. ``DiscriminatorFeaturesTerm(features=3)``.
        candidates: How many per image (500).
        batch_size: How many are generated at once; half as many where they do not fit the memory.
        latent_scale: Factor on every drawn latent but the class embedding; the official
            ``sample_std``, 0.5 or 0.3. None leaves it to the prior.
        search_class: Draw a class for every candidate too. An image of known class keeps it
            unless ``search_class='always'``; False is the known class or the prior's own.
        true_operator: Measure candidates with the operator itself, not its differentiable
            surrogate; the official code does so.

    Raises:
        ValueError: If a number is below 1.
    """

    draws = True

    def __init__(
        self,
        objective: Sequence[dict | ObjectiveTerm],
        candidates: PositiveInt = 500,
        batch_size: PositiveInt = 25,
        latent_scale: float | None = None,
        search_class: bool | str = False,
        true_operator: bool = False,
    ) -> None:
        super().__init__()
        if candidates < 1 or batch_size < 1:
            raise ValueError(
                f'CandidatesStart: candidates={candidates} and batch_size={batch_size} must be '
                'at least 1'
            )
        if search_class not in (True, False, 'always'):
            raise ValueError(f"CandidatesStart: search_class={search_class!r}: use 'always'")
        self.objective = Objective(objective)
        self.candidates = int(candidates)
        self.batch_size = int(batch_size)
        self.latent_scale = latent_scale
        self.search_class = search_class
        self.true_operator = true_operator

    def start(
        self,
        prior: nn.Module,
        batch: MeasurementBatch,
        seed: int,
        callback: SearchCallback = ignore,
    ) -> dict[str, Tensor]:
        """See :meth:`Start.start`."""
        chosen = []
        for i, (key, label) in enumerate(zip(batch.keys, batch.labels)):
            if label is not None and 'class_embedding' in prior.latent_shapes:
                class_embedding_of(prior, key, label)
            latents = self.draw(prior, sample_generator(seed, key, 'candidates'), label)
            one = batch.take([i])
            latents = {k: v.to(batch.y) for k, v in latents.items()}
            running = RunningStage('candidates', self.candidates, first=i, last=i)
            distances = self.distances(
                prior, one.bound(), one.y, latents, functools.partial(callback, running)
            )
            chosen.append({k: v[distances.argmin()] for k, v in latents.items()})
        return {name: torch.stack([c[name] for c in chosen]) for name in chosen[0]}

    def draw(
        self, prior: nn.Module, generator: torch.Generator, label: int | None
    ) -> dict[str, Tensor]:
        """The candidates of one image, name → N×....

        Raises:
            UserError: If a class is to be searched and the prior has no class embedding.
        """
        searched = self.search_class == 'always' or (self.search_class and label is None)
        if searched and 'class_embedding' not in prior.latent_shapes:
            raise UserError(
                f'{type(prior).__name__} has no class to search: set search_class=False'
            )
        draws = []
        for _ in range(self.candidates):
            draw = prior.sample_latents(generator)
            if self.latent_scale is not None:
                draw = {
                    k: v if k == 'class_embedding' else v * self.latent_scale
                    for k, v in draw.items()
                }
            index = label
            if searched:
                classes = prior.generator.num_classes
                index = int(torch.randint(classes, (), generator=generator))
            if index is not None and 'class_embedding' in draw:
                draw['class_embedding'] = prior.class_embedding(index).float().cpu()
            draws.append(draw)
        return {name: torch.stack([draw[name] for draw in draws]) for name in draws[0]}

    @torch.no_grad()
    def distances(
        self,
        prior: nn.Module,
        degradation: Degradation,
        y: Tensor,
        latents: dict[str, Tensor],
        tell: Callable[[int, Tensor, Tensor], None] = lambda *_: None,
    ) -> Tensor:
        """Distance of every candidate to one measurement.

        Args:
            prior: The prior adapter.
            degradation: The operator, bound to the parameters of this one sample.
            y: The measurement, 1×....
            latents: Name → N×... candidates.
            tell: Is given the number of candidates that are done, the distances and the images of
                the last of them.

        Returns:
            The distances, (N,).
        """
        targets = self.objective.prepare(y, degradation)
        measure = degradation.forward_operator if self.true_operator else degradation.predict

        def run(part: slice, _: int) -> Tensor:
            few = {k: v[part] for k, v in latents.items()}
            image = prior(few)
            value = self.objective(Estimate(image, measure(image), few), targets)
            tell(part.stop, value, image)
            return value

        count = len(next(iter(latents.values())))
        remedy = 'take a smaller generator or a device with more memory'
        values, _ = in_lanes(count, self.batch_size, run, 'candidates', remedy)
        return torch.cat(values)
