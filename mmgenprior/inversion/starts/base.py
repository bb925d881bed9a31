"""Where a search starts: the first latents of every sample."""

from __future__ import annotations

from torch import Tensor, nn

from mmgenprior.inversion.callbacks import SearchCallback, ignore
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError


class Start(nn.Module):
    """Base of all starts; a component of MMagic's ``MODELS`` whose name ends in ``Start``.

    Attributes:
        restarts: N, how many searches are started per image; the first stage
            runs them all and the one of lowest objective goes on.
        draws: Whether another seed makes another start, which a search that diverged then gets.
    """

    restarts: int = 1
    draws: bool = False

    def start(
        self,
        prior: nn.Module,
        batch: MeasurementBatch,
        seed: int,
        callback: SearchCallback = ignore,
    ) -> dict[str, Tensor]:
        """First latents for measurements.

        Args:
            prior: The prior adapter.
            batch: What was measured.
            seed: Seed of the run; with a sample's key it seeds that sample's streams.
            callback: Is told what takes long.

        Returns:
            Name → (B·N)×..., the N of one image side by side.
        """
        raise TypeError(f'{type(self).__name__} does not define start()')


def class_embedding_of(prior: nn.Module, key: str, label: int) -> Tensor:
    """The embedding of an image's class, shape (shared_dim,).

    Raises:
        UserError: If the prior has no such class, naming the image.
    """
    try:
        return prior.class_embedding(label)
    except UserError as error:
        raise UserError(f"'{key}' is of class {label}: {error}") from error
