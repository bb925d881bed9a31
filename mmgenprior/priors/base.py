"""The interface through which everything else sees a generator."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import torch
from torch import nn

from mmgenprior.images import from_network, to_network
from mmgenprior.priors import compilation
from mmgenprior.priors.building import init_generator
from mmgenprior.priors.cut import Cut
from mmgenprior.priors.execution import Execution, build_execution
from mmgenprior.priors.latents import LATENT_DISTRIBUTIONS, sample_latent
from mmgenprior.utils.errors import UserError

Group = tuple[str, list[str]]


class Prior(nn.Module):
    """A generator with its latent space, image range and ordered blocks.

    It maps a dictionary of latents to RGB images on the [0, 1] scale, which is
    all that the rest of the package knows of a generator. Weights are frozen
    and the mode is always eval: batch statistics would couple the samples.
    Per-image weights go through :func:`torch.func.functional_call`; under
    :func:`torch.vmap` too where ``supports_vmap`` is True.

    A family adapts its generator by ``generator_types`` (class names),
    ``image_size``, ``_layout`` and, where the latents are more than one vector,
    ``latent_shapes``, ``sample_latents`` and ``generate``. With ``_run_block`` (and ``_enter``)
    it can be cut between two blocks, which multi-code inversion needs.

    Args:
        generator: Config of a generator in MMagic's ``MODELS``, or a module.
        checkpoint: Weight file (.pth or .safetensors), loaded strictly; None
            keeps random weights and says so.
        checkpoint_prefix: Sub-module of the file to load, e.g.
            ``'generator_ema'``; None finds the usual ones.
        latent: ``'normal'``, ``'uniform'`` (the box [-1, 1]) or ``'sphere'``
            (radius √d); None is the family's own.
        latent_scale: Factor on sampled latents.
        output_range: The generator's values for black and white.
        channel_order: ``'rgb'`` or ``'bgr'``, the order the generator emits;
            None is the family's own ('bgr' for MMagic's weights, also with
            ``rgb2bgr=True`` on the generator).
        init_seed: Seed of random weights.
        execution: How it is run, see :class:`mmgenprior.priors.execution.Execution`.

    Raises:
        UserError: If an option has no such value, the generator is not one this
            adapter knows, or its weight file is at fault.
    """

    generator_types: tuple[str, ...] = ()
    default_latent = 'normal'
    default_channel_order = 'bgr'
    supports_vmap = True
    prefers_channels_last = False
    # Whether it can be built without weights, to compare sizes before they are there.
    has_skeleton = True

    def __init__(
        self,
        generator: dict | nn.Module,
        checkpoint: str | PathLike | None = None,
        checkpoint_prefix: str | None = None,
        latent: str | None = None,
        latent_scale: float = 1.0,
        output_range: Sequence[float] = (-1.0, 1.0),
        channel_order: str | None = None,
        init_seed: int = 0,
        execution: Execution | Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.checkpoint = None if checkpoint is None else str(checkpoint)
        self.latent = latent or self.default_latent
        self.latent_scale = float(latent_scale)
        self.execution = build_execution(execution)
        self.output_range = (float(output_range[0]), float(output_range[1]))
        if self.latent not in LATENT_DISTRIBUTIONS:
            raise UserError(
                f"latent='{latent}' is unknown: use one of {', '.join(LATENT_DISTRIBUTIONS)}"
            )
        if not self.output_range[0] < self.output_range[1]:
            raise UserError(f'output_range={tuple(output_range)}: give (black, white), ascending')
        self.generator = init_generator(generator, checkpoint, checkpoint_prefix, init_seed)
        self._check_generator()
        self.channel_order = channel_order or self._own_channel_order()
        if self.channel_order not in ('rgb', 'bgr'):
            raise UserError(f"channel_order='{channel_order}' is unknown: use 'rgb' or 'bgr'")
        self._check_layout()

    # ---- what a family adapts

    @property
    def image_size(self) -> int:
        """Side of the square image in pixels."""
        raise NotImplementedError

    def _layout(self) -> tuple[list[Group], list[Group]]:
        """Blocks from shallow to deep and groups apart, as prefixes inside the generator."""
        raise NotImplementedError

    def _own_channel_order(self) -> str:
        return self.default_channel_order

    @property
    def latent_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every latent of one sample, without batch dimension."""
        return {'z': (int(self.generator.noise_size),)}

    def sample_latents(self, generator: torch.Generator) -> dict[str, torch.Tensor]:
        """Draw the initial latents of one sample.

        Args:
            generator: CPU generator of the sample.

        Returns:
            float32 CPU tensors of ``latent_shapes``, without batch dimension.
        """
        return {name: self._draw(shape, generator) for name, shape in self.latent_shapes.items()}

    def generate(self, latents: dict[str, torch.Tensor]) -> torch.Tensor:
        """Run the generator; image B×3×H×W in its own range and channel order."""
        return self.generator(latents['z'])

    def _enter(self, latents: dict[str, torch.Tensor]) -> Cut:
        """State before the first block."""
        return Cut(latents['z'])

    def _run_block(self, index: int, cut: Cut) -> Cut:
        """State after block ``index`` of ``blocks``; after the last one, the image."""
        raise UserError(f'{type(self).__name__} cannot be cut between blocks: it has no _run_block')

    # ---- what everybody uses

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the images."""
        return (3, self.image_size, self.image_size)

    @property
    def like(self) -> torch.Tensor:
        """A tensor of the device and dtype that latents are to have."""
        return next(itertools.chain(self.parameters(), self.buffers()), torch.empty(0))

    @property
    def supports_forward_mode(self) -> bool:
        """Whether it can be differentiated in forward mode."""
        # What vmap refuses (writing in place), forward mode refuses too.
        return self.supports_vmap

    @property
    def can_be_cut(self) -> bool:
        """Whether it can be run from one block to another."""
        return type(self)._run_block is not Prior._run_block

    def forward(self, latents: dict[str, torch.Tensor]) -> torch.Tensor:
        """Generate images.

        Args:
            latents: Every latent of ``latent_shapes`` with a leading batch
                dimension, on the device and in the dtype of the weights.

        Returns:
            B×3×H×W, RGB on the [0, 1] scale, not clamped.

        Raises:
            ValueError: If a latent is missing, unknown or of another shape, or the generator makes
                images that are not of three channels.
        """
        given = {name: tuple(value.shape[1:]) for name, value in latents.items()}
        if given != self.latent_shapes:
            raise ValueError(f'latents of shapes {given}: {self.latent_shapes} are needed')
        try:
            image = self._generate_fast(latents)
        finally:
            self._forget_derived_weights()
        if image.shape[1] != 3:
            raise ValueError(
                f'{type(self.generator).__name__} makes {image.shape[1]} channels, a prior needs 3'
            )
        return self.to_rgb(image)

    def forward_until(self, latents: dict[str, torch.Tensor], layer: int) -> Cut:
        """Run the shallow part of the generator, blocks 0 … ``layer`` − 1.

        Args:
            latents: As for :meth:`forward`.
            layer: Number of blocks, 1 to ``len(blocks)`` − 1.

        Returns:
            Feature maps B×C×h×w and what the deeper blocks need besides.

        Raises:
            UserError: If there is no such layer, or the family cannot be cut.
        """
        self._check_cut(layer)
        return self._run(self._enter(latents), 0, layer)

    def forward_from(self, cut: Cut, layer: int) -> torch.Tensor:
        """Run the deep part of the generator, from block ``layer`` on.

        Args:
            cut: As :meth:`forward_until` returns it for the same ``layer``.
            layer: Number of the first block to run.

        Returns:
            B×3×H×W, RGB on the [0, 1] scale, not clamped.
        """
        return self.to_rgb(self._run(cut, layer, len(self._layout()[0])).features)

    def forward_between(self, cut: Cut, first: int, last: int) -> Cut:
        """Run some blocks in the middle of the generator.

        Args:
            cut: As :meth:`forward_until` returns it for ``first``.
            first: Number of the first block to run.
            last: Number of the block before which it ends.

        Returns:
            The cut that :meth:`forward_until` returns for ``last``.

        Raises:
            UserError: If there is no such layer.
        """
        self._check_cut(last)
        return self._run(cut, first, last)

    def _check_cut(self, layer: int) -> None:
        last = len(self._layout()[0]) - 1
        if not 1 <= layer <= last:
            raise UserError(f'layer={layer}: {type(self).__name__} can be cut at 1 to {last}')

    def _run(self, cut: Cut, first: int, last: int) -> Cut:
        try:
            for index in range(first, last):
                cut = self._run_block(index, cut)
        finally:
            self._forget_derived_weights()
        return cut

    def to_rgb(self, image: torch.Tensor) -> torch.Tensor:
        """The generator's range and channel order to RGB on the [0, 1] scale."""
        return from_network(image, self.output_range, self.channel_order)

    def from_rgb(self, image: torch.Tensor) -> torch.Tensor:
        """Inverse of :meth:`to_rgb`: what the generator's discriminator expects."""
        return to_network(image, self.output_range, self.channel_order)

    @property
    def blocks(self) -> list[tuple[str, list[nn.Parameter]]]:
        """Named parameters of every block, from the latent (shallow) to the image (deep)."""
        return self._with_parameters(self.block_names)

    @property
    def apart(self) -> list[tuple[str, list[nn.Parameter]]]:
        """Named parameters outside the chain, e.g. a mapping network or unused output layers."""
        return self._with_parameters(self.apart_names)

    @property
    def block_names(self) -> list[Group]:
        """As ``blocks``, with the names that ``named_parameters`` and ``functional_call`` use."""
        return self._with_names(self._layout()[0])

    @property
    def apart_names(self) -> list[Group]:
        """As ``apart``, with parameter names."""
        return self._with_names(self._layout()[1])

    @property
    def instance_statistics_names(self) -> list[str]:
        """Names of what :meth:`instance_statistics` returns; empty before its first call."""
        return []

    def instance_statistics(
        self, latents: dict[str, torch.Tensor], weights: dict[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        """Scale and shift of instance norms that take the place of batch norms (DGP, appendix).

        Args:
            latents: Name → B×... latents at which they are initialised.
            weights: Name → B×... weights of each sample's own, or empty.

        Returns:
            Name → B×C; with them among a call's own weights the generator normalises by
            instance.

        Raises:
            UserError: If the generator has no conditional batch norms.
        """
        raise UserError(
            f'{type(self).__name__} has no conditional batch norms: set instance_norm=False'
        )

    def lay_out_for(self, device: torch.device, lanes: int, plain: bool = False) -> None:
        """Order the weights in memory, values stay: see :meth:`Execution.memory_format`."""
        order = self.execution.memory_format(self.prefers_channels_last, device, lanes, plain)
        if order is not None:
            self.generator.to(memory_format=order)

    @property
    def loops(self) -> bool:
        """Whether samples with weights of their own are run one after the other."""
        return self.execution.own_weights == 'loop' or not self.supports_vmap

    def train(self, mode: bool = True) -> Prior:
        """Stay in eval mode whatever the model around does."""
        return super().train(False)

    # ---- inner workings

    def _generate_fast(self, latents: dict[str, torch.Tensor]) -> torch.Tensor:
        """As :meth:`generate`, compiled where that is asked for and pays."""
        latent = next(iter(latents.values()))
        if self.execution.compiled and compilation.pays_at(latent) and compilation.is_possible():
            return compilation.run(type(self).generate, self, latents)
        return self.generate(latents)

    def _draw(self, shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
        return sample_latent(self.latent, shape, generator, self.latent_scale)

    def _with_names(self, groups: list[Group]) -> list[Group]:
        names = [name for name, _ in self.named_parameters()]
        return [
            (
                title,
                [n for n in names if any(f'{n}.'.startswith(f'generator.{p}.') for p in prefixes)],
            )
            for title, prefixes in groups
        ]

    def _with_parameters(self, groups: list[Group]) -> list[tuple[str, list[nn.Parameter]]]:
        table = dict(self.named_parameters())
        return [(title, [table[name] for name in names]) for title, names in groups]

    def _check_generator(self) -> None:
        kinds = [kind.__name__ for kind in type(self.generator).__mro__]
        if not set(kinds) & set(self.generator_types):
            raise UserError(
                f'{type(self).__name__} adapts {" or ".join(self.generator_types)}, not {kinds[0]}'
            )

    def _check_layout(self) -> None:
        placed = [name for _, names in self.block_names + self.apart_names for name in names]
        every = [name for name, _ in self.named_parameters()]
        if sorted(placed) != sorted(every):
            wrong = sorted(set(every) ^ set(placed)) or sorted(
                {n for n in placed if placed.count(n) > 1}
            )
            kind = type(self.generator).__name__
            raise UserError(
                f'{type(self).__name__} does not know the layout of {kind}: {", ".join(wrong[:5])}'
            )

    def _forget_derived_weights(self) -> None:
        """Drop the weights that pre-forward hooks derive from `weight_orig` at each call.

        They would keep the graph of the last call alive and forbid deep copies.
        """
        for module in self.generator.modules():
            for name in module._parameters.keys():  # noqa: SIM118  (TorchScript has no iterator)
                if name.endswith('_orig'):
                    module.__dict__[name.removesuffix('_orig')] = None
