"""How an encoder is trained: on pictures of the generator itself, degraded at random."""

from __future__ import annotations

import time
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from mmagic.registry import MODELS
from mmengine.model import BaseModel
from torch import Tensor, nn

from mmgenprior.converters.from_config import prior_of_config
from mmgenprior.degradations import Degradation, get_degradation
from mmgenprior.inversion.starts.encoder import EncoderStart
from mmgenprior.inversion.starts.encoder_input import encoder_input, left_open
from mmgenprior.inversion.starts.encoder_network import LatentEncoder
from mmgenprior.priors.zoo import build_prior
from mmgenprior.utils import sample_generator
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.plain import plain
from mmgenprior.weights.hashes import file_sha256
from mmgenprior.weights.reading import load_generator
from mmgenprior.weights.writing import cast_state, write_state

# Draws that the mean and the deviation of the latents are taken from.
_DRAWS = 256


@MODELS.register_module()
class EncoderTraining(BaseModel):
    """Trains the network of :class:`mmgenprior.inversion.EncoderStart`; no photo is needed.

    A sample is a seed: of the latents z, of the degradation's parameters and of its noise. The
    batch is split over ``groups`` degradations drawn without repetition. The loss is

    ``latent_weight``·‖ẑ − z‖² (in units of z's deviation) + ``image_weight``·‖G(ẑ) − G(z)‖²
    + the negative log-likelihood of z about ẑ, held fixed, with the deviation that is guessed.

    Args:
        prior: The prior: its name, config, or an instance.
        degradations: Configs of :func:`mmgenprior.degradations.build_degradation`.
        groups: Degradations in a batch.
        latent_weight: Weight of the error of the latents (mean square).
        image_weight: Weight of the error of the images (mean square, on the scale [0, 1]).
        begin_with: Name of a prior in the catalogue that draws pictures of the same kind and has
            an encoder: all but its last layer is taken over.
        data_preprocessor: As :class:`mmengine.model.BaseModel`.

    Raises:
        UserError: If there is no degradation, a weight is negative, or there is no such encoder.
    """

    def __init__(
        self,
        prior: str | dict | nn.Module,
        degradations: Sequence[dict | str],
        groups: int = 4,
        latent_weight: float = 1.0,
        image_weight: float = 20.0,
        begin_with: str | None = None,
        data_preprocessor: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor)
        if not degradations or groups < 1:
            raise UserError('EncoderTraining: give degradations=[...] and groups of at least 1')
        for name, value in dict(latent=latent_weight, image=image_weight).items():
            if value < 0:
                raise UserError(f'EncoderTraining: {name}_weight={value} must not be negative')
        self.prior = build_prior(prior)
        self.degradations = [plain(config) for config in degradations]
        self.groups = min(int(groups), len(self.degradations))
        self.latent_weight = float(latent_weight)
        self.image_weight = float(image_weight)
        self.encoder = LatentEncoder(
            self.prior.latent_shapes, self.prior.image_size, self.prior.latent
        )
        self._set_moments()
        if begin_with is not None:
            other = EncoderStart().load(build_prior(begin_with))
            self.encoder.body.load_state_dict(other.body.state_dict())
        # What an operator without masks leaves open never changes.
        self._shares: dict[int, Tensor] = {}

    def _set_moments(self) -> None:
        """The encoder guesses latents in units of their own deviation."""
        draws = [self.draw(sample_generator(i, 'encoder moments')) for i in range(_DRAWS)]
        stacked = {k: torch.stack([d[k] for d in draws]) for k in draws[0]}
        centre = {k: v.mean(0, keepdim=True) for k, v in stacked.items()}
        scale = {k: v.std(0, keepdim=True).clamp(min=1e-4) for k, v in stacked.items()}
        if 'z' in centre:  # these are known
            centre['z'] = torch.zeros_like(centre['z'])
            scale['z'] = torch.full_like(scale['z'], self.prior.latent_scale)
        self.encoder.centre.copy_(self.encoder.pack(centre)[0])
        self.encoder.scale.copy_(self.encoder.pack(scale)[0])

    def draw(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Latents of one sample, of a random class where the prior has classes."""
        if 'class_embedding' not in self.prior.latent_shapes:
            return self.prior.sample_latents(generator)
        index = torch.randint(self.prior.generator.num_classes, (), generator=generator)
        return self.prior.sample_latents(generator, class_index=int(index))

    def forward(self, seed: Sequence[int], mode: str = 'tensor') -> Any:
        """Losses (mode ``'loss'``), or the guesses for the samples, name → B×....

        Args:
            seed: Seeds of the samples.
            mode: ``'loss'`` or ``'tensor'``.
        """
        like = next(self.encoder.parameters())
        # Data in full precision: conjugate gradients do not bear bfloat16.
        with torch.no_grad(), torch.autocast(like.device.type, enabled=False):
            latents, image, picture = self.make(seed, like)
        guess, deviation = self.encoder(picture)
        if mode != 'loss':
            return guess
        scale = self.encoder.scale
        error = (self.encoder.pack(guess) - self.encoder.pack(latents)) / scale
        spread = self.encoder.pack(deviation) / scale
        likelihood = 0.5 * (error.detach() / spread).square() + spread.log()
        found = self.prior(guess).float()
        return dict(
            loss_latent=self.latent_weight * error.square().mean(),
            loss_image=self.image_weight * (found - image).square().mean(),
            loss_spread=likelihood.mean(),
            # Of this process and until now: what the training has cost.
            cpu_minutes=torch.tensor(time.process_time() / 60),
        )

    def make(self, seeds: Sequence[int], like: Tensor) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Samples of the generator and what measurements of them look like.

        Args:
            seeds: One a sample.
            like: Tells dtype and device.

        Returns:
            Latents, name → B×...; images, B×3×H×W; input of the encoder, B×5×H×W.
        """
        streams = [sample_generator(int(seed), 'encoder training') for seed in seeds]
        draws = [self.draw(stream) for stream in streams]
        latents = {k: torch.stack([d[k] for d in draws]).to(like) for k in draws[0]}
        image = self.prior(latents)
        order = torch.randperm(len(self.degradations), generator=streams[0]).tolist()
        parts = torch.arange(len(streams)).tensor_split(self.groups)
        pictures = [
            self._measure(index, image[part], [streams[i] for i in part])
            for index, part in zip(order, parts)
            if len(part)
        ]
        return latents, image, torch.cat(pictures)

    def _measure(self, index: int, image: Tensor, streams: Sequence[torch.Generator]) -> Tensor:
        """Input of the encoder for images under one degradation."""
        degradation = get_degradation(self.degradations[index], image.device)
        shape = tuple(image.shape[1:])
        drawn = [degradation.draw_parameters(shape, stream) for stream in streams]
        params = {k: torch.stack([d[k] for d in drawn]).to(image.device) for k in drawn[0]}
        y = degradation.measure(image, params, streams)
        bound = degradation.bind(params, shape)
        return encoder_input(bound, y, self._share(index, bound, y))

    def _share(self, index: int, bound: Degradation, y: Tensor) -> Tensor:
        if index in self._shares:
            return self._shares[index]
        share = left_open(bound, y)
        if len(share) == 1:
            self._shares[index] = share
        return share


def export_encoder(
    config: str | PathLike,
    checkpoint: str | PathLike,
    target: str | PathLike,
    dtype: torch.dtype | None = torch.float16,
) -> tuple[str, dict[str, Any]]:
    """Write the weights of a trained encoder for use as a start, and say how to name it.

    Args:
        config: File of the training config.
        checkpoint: Checkpoint that ``tools/train.py`` left.
        target: File ending in ``.safetensors``.
        dtype: Precision of all real numbers, None for that of the checkpoint.

    Returns:
        Name of the prior, and the field ``encoder`` of its entry in a catalogue.

    Raises:
        UserError: If the config names no prior.
        CheckpointError: If the weights cannot be read, written, or do not fit the config.
    """
    settings = prior_of_config(config)
    prior = build_prior(settings)
    encoder = LatentEncoder(prior.latent_shapes, prior.image_size, prior.latent)
    load_generator(encoder, checkpoint, 'encoder')
    state = {f'encoder.{name}': value for name, value in encoder.state_dict().items()}
    path = Path(write_state(cast_state(state, dtype), target))
    written = dict(file=path.name, sha256=file_sha256(path), size=path.stat().st_size)
    return str(settings.get('name', 'NAME')), written
