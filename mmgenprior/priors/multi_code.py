"""Several latent codes for one image, composed inside the generator."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.priors.base import Group
from mmgenprior.priors.cut import Cut
from mmgenprior.priors.zoo import build_prior
from mmgenprior.utils.errors import UserError

_ALPHA = 'alpha'


@MODELS.register_module()
class MultiCodePrior(nn.Module):
    """x = G₂(Σ_n G₁(z_n) ⊙ α_n) with N codes (mGANprior, Gu et al. 2020, Eq. 3).

    G₁ is the generator up to a layer, α_n one weight per code and channel, not constrained. All
    codes of all samples go through G₁ in one batch. Besides the features, deeper blocks of BigGAN
    read conditions and those of StyleGAN styles: they get the mean over the codes. With one code
    and α = 1 it is the prior itself.

    Latents: those of the prior with a leading dimension N, and ``alpha`` of shape (N, C), which
    starts at 1/N.

    Args:
        prior: The prior of a single code: name in the zoo, config or instance.
        layer: Number of blocks before the composition, 1 to ``len(prior.blocks)`` − 1. For PGGAN
            it is the ``composing_layer`` of the official code: 4 is 8×8, 6 is 16×16.
        codes: N.
        averaged: Divide the sum by N once more, as the official code does; the pixel norm that
            follows in PGGAN takes it out again, but for its epsilon.

    Raises:
        UserError: If the generator cannot be cut there or ``codes`` is below 1.
    """

    def __init__(
        self,
        prior: str | Mapping | nn.Module,
        layer: int,
        codes: int,
        averaged: bool = False,
    ) -> None:
        super().__init__()
        if codes < 1:
            raise UserError(f'codes={codes}: MultiCodePrior needs at least one code')
        self.prior = build_prior(prior)
        self.layer = int(layer)
        self.codes = int(codes)
        self.averaged = averaged
        self.channels = self._channels()

    @torch.no_grad()
    def _channels(self) -> int:
        like = self.prior.like
        zeros = {
            name: like.new_zeros(1, *shape) for name, shape in self.prior.latent_shapes.items()
        }
        shape = self.prior.forward_until(zeros, self.layer).features.shape
        if len(shape) != 4:
            raise UserError(f'layer={self.layer}: the prior has no feature maps there, go deeper')
        return shape[1]

    @property
    def latent_shapes(self) -> dict[str, tuple[int, ...]]:
        """Every latent of the prior N times, and the weights of the channels."""
        shapes = {k: (self.codes, *shape) for k, shape in self.prior.latent_shapes.items()}
        return {**shapes, _ALPHA: (self.codes, self.channels)}

    def sample_latents(self, generator: torch.Generator) -> dict[str, Tensor]:
        """N draws from the prior, and α = 1/N.

        Raises:
            UserError: If the prior starts all codes at one point, where they would stay together.
        """
        draws = [self.prior.sample_latents(generator) for _ in range(self.codes)]
        latents = {name: torch.stack([draw[name] for draw in draws]) for name in draws[0]}
        if self.codes > 1 and all(bool((v == v[:1]).all()) for v in latents.values()):
            raise UserError(
                f'{self.codes} codes would start at one point and never part: set '
                "latent_space='z' or w_init='mapping' of the prior"
            )
        latents[_ALPHA] = torch.full((self.codes, self.channels), 1 / self.codes)
        return latents

    def forward(self, latents: dict[str, Tensor]) -> Tensor:
        """Generate images.

        Args:
            latents: Every latent of ``latent_shapes`` with a leading batch dimension.

        Returns:
            B×3×H×W, RGB on the [0, 1] scale, not clamped.

        Raises:
            ValueError: If a latent is missing, unknown or of another shape.
        """
        return self.prior.forward_from(self._composed(latents), self.layer)

    def forward_until(self, latents: dict[str, Tensor], layer: int) -> Cut:
        """See :meth:`mmgenprior.priors.Prior.forward_until`.

        Raises:
            UserError: If the codes are not composed yet at this layer.
        """
        if layer < self.layer:
            raise UserError(f'layer={layer}: {self.codes} codes meet at layer {self.layer} only')
        return self.prior.forward_between(self._composed(latents), self.layer, layer)

    def forward_between(self, cut: Cut, first: int, last: int) -> Cut:
        """See :meth:`mmgenprior.priors.Prior.forward_between`."""
        return self.prior.forward_between(cut, first, last)

    def forward_from(self, cut: Cut, layer: int) -> Tensor:
        """See :meth:`mmgenprior.priors.Prior.forward_from`."""
        return self.prior.forward_from(cut, layer)

    def _composed(self, latents: dict[str, Tensor]) -> Cut:
        given = {name: tuple(value.shape[1:]) for name, value in latents.items()}
        if given != self.latent_shapes:
            raise ValueError(f'latents of shapes {given}: {self.latent_shapes} are needed')
        single = {name: value.flatten(0, 1) for name, value in latents.items() if name != _ALPHA}
        cut = self.prior.forward_until(single, self.layer)

        def by_sample(value: Tensor) -> Tensor:
            return value.unflatten(0, (-1, self.codes))

        features = (by_sample(cut.features) * latents[_ALPHA][..., None, None]).sum(1)
        if self.averaged:
            features = features / self.codes
        rest = {name: by_sample(value).mean(1) for name, value in cut.rest.items()}
        return Cut(features, rest)

    # ---- the rest is the prior's

    @property
    def generator(self) -> nn.Module:
        """The generator behind the prior."""
        return self.prior.generator

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the images."""
        return self.prior.image_shape

    @property
    def supports_vmap(self) -> bool:
        """Whether several samples with weights of their own can run at once."""
        return self.prior.supports_vmap

    @property
    def supports_forward_mode(self) -> bool:
        """Whether it can be differentiated in forward mode."""
        return self.prior.supports_forward_mode

    @property
    def can_be_cut(self) -> bool:
        """Whether it can be run from one block to another."""
        return self.prior.can_be_cut

    @property
    def loops(self) -> bool:
        """See :attr:`mmgenprior.priors.Prior.loops`."""
        return self.prior.loops

    @property
    def blocks(self) -> list[tuple[str, list[nn.Parameter]]]:
        """Named parameters of every block of the prior, shallow to deep."""
        return self.prior.blocks

    @property
    def block_names(self) -> list[Group]:
        """As ``blocks``, with the names that ``named_parameters`` uses here."""
        return [(title, [f'prior.{n}' for n in names]) for title, names in self.prior.block_names]

    def to_rgb(self, image: Tensor) -> Tensor:
        """The generator's range and channel order to RGB on the [0, 1] scale."""
        return self.prior.to_rgb(image)

    def from_rgb(self, image: Tensor) -> Tensor:
        """Inverse of :meth:`to_rgb`."""
        return self.prior.from_rgb(image)

    def class_embedding(self, class_index: int | None = None) -> Tensor:
        """That of a BigGAN prior, shape (shared_dim,); every code can start from it."""
        return self.prior.class_embedding(class_index)

    def lay_out_for(self, device: torch.device, lanes: int, plain: bool = False) -> None:
        """See :meth:`mmgenprior.priors.Prior.lay_out_for`."""
        self.prior.lay_out_for(device, lanes, plain)

    def train(self, mode: bool = True) -> MultiCodePrior:
        """Stay in eval mode whatever the model around does."""
        return super().train(False)
