"""Starts that a network reads off the measurement."""

from __future__ import annotations

from os import PathLike, fspath

import torch
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.inversion.callbacks import SearchCallback, ignore
from mmgenprior.inversion.starts.base import Start, class_embedding_of
from mmgenprior.inversion.starts.encoder_input import encoder_input, left_open
from mmgenprior.inversion.starts.encoder_network import LatentEncoder
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import sample_generator
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.limits import PositiveInt
from mmgenprior.weights.catalogue import catalogue
from mmgenprior.weights.reading import load_generator
from mmgenprior.weights.resolve import fetch_encoder


@MODELS.register_module()
class EncoderStart(Start):
    """Latents that an encoder guesses from measurement, noise level and hole.

    ``tools/train.py`` trains the encoder on what the generator makes (see
    :class:`mmgenprior.inversion.EncoderTraining` and docs/encoder.md). It takes the place of the
    first hundreds of iterations of a search. An image of known class starts from that class.

    Args:
        checkpoint: Weights of the encoder: a file, a checkpoint that the training left, or the
            name of a prior of the catalogue that has one; None is the encoder of the prior that is
            searched.
        restarts: N searches per image: the first from the guess, the others from the guess with
            noise of the deviation that the encoder gives each entry.
        spread: Factor on that deviation; the whole of it never helped a search of few iterations.

    Raises:
        ValueError: If ``restarts`` is below 1 or ``spread`` negative.
    """

    def __init__(
        self,
        checkpoint: str | PathLike | None = None,
        restarts: PositiveInt = 1,
        spread: float = 0.5,
    ) -> None:
        super().__init__()
        if restarts < 1:
            raise ValueError(f'EncoderStart: restarts must be at least 1, got {restarts}')
        if not spread >= 0:
            raise ValueError(f'EncoderStart: spread must not be negative, got {spread}')
        self.checkpoint = None if checkpoint is None else fspath(checkpoint)
        self.restarts = int(restarts)
        self.spread = float(spread)
        # Which encoder it is depends on the prior, which the first search brings.
        self.encoder: LatentEncoder | None = None

    @torch.no_grad()
    def start(
        self,
        prior: nn.Module,
        batch: MeasurementBatch,
        seed: int,
        callback: SearchCallback = ignore,
    ) -> dict[str, Tensor]:
        """See :meth:`Start.start`.

        Raises:
            UserError: If there is no encoder for the prior, or the operator has no adjoint.
            CheckpointError: If its weights are at fault.
        """
        if self.encoder is None:
            self.encoder = self.load(prior)
        encoder = self.encoder.to(batch.y)
        guess, deviation = self._guess(encoder, batch)
        latents = {k: v.repeat_interleave(self.restarts, dim=0) for k, v in guess.items()}
        if self.restarts > 1:
            noise = self._noise(encoder, batch.keys, seed)
            latents = encoder.constrain(
                {
                    k: v + deviation[k].repeat_interleave(self.restarts, dim=0) * noise[k].to(v)
                    for k, v in latents.items()
                }
            )
        if 'class_embedding' in latents:
            for i, (key, label) in enumerate(zip(batch.keys, batch.labels)):
                if label is not None:
                    rows = slice(i * self.restarts, (i + 1) * self.restarts)
                    latents['class_embedding'][rows] = class_embedding_of(prior, key, label).to(
                        batch.y
                    )
        return latents

    def _guess(
        self, encoder: LatentEncoder, batch: MeasurementBatch
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Guess and deviation of all samples, name → B×...."""
        share = left_open(batch.bound(), batch.y)
        # The kernels of the CPU round a sample differently in another batch.
        count = 1 if batch.y.device.type == 'cpu' else len(batch)
        parts = []
        for first in range(0, len(batch), count):
            rows = range(first, min(first + count, len(batch)))
            part = batch.take(list(rows))
            own = share if len(share) == 1 else share[rows[0] : rows[-1] + 1]
            parts.append(encoder(encoder_input(part.bound(), part.y, own)))
        guess, deviation = (
            {name: torch.cat([part[which][name] for part in parts]) for name in parts[0][which]}
            for which in (0, 1)
        )
        return guess, deviation

    def _noise(self, encoder: LatentEncoder, keys: list[str], seed: int) -> dict[str, Tensor]:
        """Standard normal numbers times ``spread``, zero for the first restart of an image."""
        total = len(encoder.scale)
        rows = []
        for key in keys:
            generator = sample_generator(seed, key, 'encoder')
            rows.append(torch.zeros(total))
            rows += [
                self.spread * torch.randn(total, generator=generator)
                for _ in range(self.restarts - 1)
            ]
        return encoder.unpack(torch.stack(rows))

    @staticmethod
    def is_there_for(prior: nn.Module) -> bool:
        """Whether the catalogue has an encoder for a prior."""
        entry = catalogue().get(getattr(prior, 'checkpoint', None))
        return entry is not None and entry.encoder is not None

    def load(self, prior: nn.Module) -> LatentEncoder:
        """The encoder for a prior, frozen.

        Raises:
            UserError: If there is none, or it was trained for other latents.
            CheckpointError: If the file is missing, damaged or does not fit.
        """
        name = self.checkpoint or getattr(prior, 'checkpoint', None)
        entry = catalogue().get(name) if name else None
        if entry is not None and entry.encoder is not None:
            path = fetch_encoder(entry)
        elif entry is not None or self.checkpoint is None:
            which = f"prior '{name}'" if entry else f'this {type(prior).__name__}'
            raise UserError(
                f'EncoderStart: {which} has no encoder in the catalogue: train one '
                '(docs/encoder.md) and name its file, checkpoint=...'
            )
        else:
            path = self.checkpoint
        encoder = LatentEncoder(prior.latent_shapes, prior.image_size, prior.latent)
        found = load_generator(encoder, path, 'encoder')
        if encoder.latent != prior.latent:
            raise UserError(
                f"EncoderStart: '{found}' was trained for latent='{encoder.latent}', the prior has "
                f"latent='{prior.latent}': give one of them the other's"
            )
        return encoder.eval().requires_grad_(False)
