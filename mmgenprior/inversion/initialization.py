"""Where the search starts: the first latents of every sample."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.inversion.progress import InversionProgress
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import sample_generator
from mmgenprior.utils.errors import UserError


def class_embedding_of(prior: nn.Module, key: str, label: int) -> Tensor:
    """The embedding of an image's class, shape (shared_dim,).

    Raises:
        UserError: If the prior has no such class, naming the image.
    """
    try:
        return prior.class_embedding(label)
    except UserError as error:
        raise UserError(f"'{key}' is of class {label}: {error}") from error


class Initialization(nn.Module):
    """Base of all initialisations.

    Attributes:
        restarts: N, how many searches are started per image; the first stage
            runs them all and the one of lowest objective goes on.
    """

    restarts: int = 1

    def forward(self, prior: nn.Module, keys: Sequence[str], seed: int) -> dict[str, Tensor]:
        """Starting latents, name → (B·N)×..., the N of one image side by side."""
        raise TypeError(f'{type(self).__name__} does not define forward()')

    def start(
        self,
        prior: nn.Module,
        batch: MeasurementBatch,
        seed: int,
        progress: InversionProgress | None = None,
    ) -> dict[str, Tensor]:
        """Starting latents for measurements; what looks at them overrides this.

        Args:
            prior: The prior adapter.
            batch: What was measured.
            seed: Seed of the run.
            progress: Says what is done, or None.

        Returns:
            Name → (B·N)×..., the N of one image side by side.
        """
        return self(prior, batch.keys, seed)


@MODELS.register_module()
class RandomLatents(Initialization):
    """Draw the latents from the prior's own distribution (CSGM, IAGAN).

    Args:
        restarts: N searches per image (IAGAN's code: 5 by its default).

    Raises:
        ValueError: If ``restarts`` is below 1.
    """

    def __init__(self, restarts: int = 1) -> None:
        super().__init__()
        if restarts < 1:
            raise ValueError(f'RandomLatents: restarts must be at least 1, got {restarts}')
        self.restarts = int(restarts)

    def forward(self, prior: nn.Module, keys: Sequence[str], seed: int) -> dict[str, Tensor]:
        """One stream per sample, so the first restarts stay the same when N grows."""
        draws = []
        for key in keys:
            generator = sample_generator(seed, key, 'latent')
            draws += [prior.sample_latents(generator) for _ in range(self.restarts)]
        return {name: torch.stack([draw[name] for draw in draws]) for name in draws[0]}

    def start(
        self,
        prior: nn.Module,
        batch: MeasurementBatch,
        seed: int,
        progress: InversionProgress | None = None,
    ) -> dict[str, Tensor]:
        """As :meth:`forward`, from the class of each image where it is known."""
        latents = self(prior, batch.keys, seed)
        if 'class_embedding' in latents:
            for i, label in enumerate(batch.labels):
                if label is not None:
                    rows = slice(i * self.restarts, (i + 1) * self.restarts)
                    embedding = class_embedding_of(prior, batch.keys[i], label)
                    latents['class_embedding'][rows] = embedding.float().cpu()
        return latents


@MODELS.register_module()
class ZeroLatents(Initialization):
    """Start at the origin of the latent space, the mode of a normal prior."""

    def forward(self, prior: nn.Module, keys: Sequence[str], seed: int) -> dict[str, Tensor]:
        """Zeros of the prior's latent shapes."""
        return {name: torch.zeros(len(keys), *shape) for name, shape in prior.latent_shapes.items()}


@MODELS.register_module()
class GivenLatents(Initialization):
    """Start from latents handed in, e.g. of an earlier run.

    Args:
        latents: Name → B×N×... tensors, or B×... with one start per image.
        restarts: N.
    """

    def __init__(self, latents: dict[str, Tensor], restarts: int = 1) -> None:
        super().__init__()
        self.latents = latents
        self.restarts = int(restarts)

    def forward(self, prior: nn.Module, keys: Sequence[str], seed: int) -> dict[str, Tensor]:
        """The given latents, flattened over images and restarts.

        Raises:
            ValueError: If their number does not fit the batch.
        """
        flat = {}
        for name, value in self.latents.items():
            value = value.reshape(-1, *prior.latent_shapes[name])
            if len(value) != len(keys) * self.restarts:
                raise ValueError(
                    f'GivenLatents: {len(value)} latents {name!r} for {len(keys)} images with '
                    f'{self.restarts} restarts'
                )
            flat[name] = value
        return flat
