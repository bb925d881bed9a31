"""Any generator as a prior."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.priors.base import Group, Prior
from mmgenprior.priors.cut import Cut
from mmgenprior.priors.module_blocks import (
    chain_of,
    check_prefixes,
    find_blocks,
    layout,
    run_block,
)
from mmgenprior.priors.module_call import ModuleCall, op_by_op
from mmgenprior.priors.module_files import module_config
from mmgenprior.priors.module_probe import probe
from mmgenprior.utils.errors import UserError


@MODELS.register_module()
class ModulePrior(Prior):
    """Any PyTorch module that makes pictures from a latent, without a line of MMagic.

    The decoder of a VAE, a one-step consistency model, one's own GAN: it is run a few times when
    the prior is built, which tells the size of its images and what runs in which order, and refuses
    what cannot serve as a prior in one line: images without three channels, a forward pass without
    gradients, samples that depend on each other or on chance.

    Blocks are found from the children, see
    :func:`mmgenprior.priors.module_blocks.find_blocks`. The generator can be cut between two of
    them where running one after the other makes the same image, which is tried.

    Args:
        module: A module, whose weights are kept without ``checkpoint``; ``dict(type=...)`` of a
            registered one; an import path ``'package.module:Name'`` or ``'folder/file.py:Name'``
            of a class or function that makes one; a TorchScript or torch.export (.pt2) file.
        latent_shape: Shape of one latent without batch dimension, e.g. ``(4, 8, 8)``; a number is
            the length of a vector.
        module_kwargs: Arguments of what an import path names.
        trust: Import paths and files of programs are code, and run with True alone.
        method: Name of the method that makes the image, e.g. ``'decode'``.
        output: Key, attribute or index of the image in what that returns; None where it is the
            image itself.
        blocks: Blocks from shallow to deep as lists of prefixes of parameter names; what is in none
            of them is not adapted. None finds them.
        **kwargs: See :class:`Prior`; the images are RGB in [-1, 1] unless ``channel_order`` and
            ``output_range`` say otherwise.

    Raises:
        UserError: If the module cannot be loaded or cannot serve as a prior, or an option is wrong.

    Example:
        >>> net = nn.Sequential(nn.Linear(5, 48), nn.Tanh(), nn.Unflatten(1, (3, 4, 4)))
        >>> prior = ModulePrior(net, latent_shape=5)
        >>> prior.image_shape, prior({'z': torch.zeros(2, 5)}).shape
        ((3, 4, 4), torch.Size([2, 3, 4, 4]))
    """

    default_channel_order = 'rgb'
    has_skeleton = False  # it is run to see what it makes

    def __init__(
        self,
        module: str | os.PathLike | Mapping[str, Any] | nn.Module,
        latent_shape: int | Sequence[int],
        module_kwargs: Mapping[str, Any] | None = None,
        trust: bool = False,
        method: str = 'forward',
        output: str | int | None = None,
        blocks: Sequence[Sequence[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        self.latent_shape = _checked_shape(latent_shape)
        self._given_blocks = blocks
        self._call = ModuleCall(method, output)
        super().__init__(module_config(module, module_kwargs, trust), **kwargs)

    def _check_generator(self) -> None:
        """Run it, and remember what that tells."""
        found = probe(self.generator, self._call, self._trial(2))
        self._image_shape, self._call = found.image_shape, found.call
        if self._given_blocks is not None:
            self._prefixes = check_prefixes(self.generator, self._given_blocks)
        else:
            self._prefixes = find_blocks(self.generator, found.called)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the images."""
        return self._image_shape

    @property
    def image_size(self) -> int:
        """The longer side of the image in pixels."""
        return max(self._image_shape[1:])

    @property
    def latent_shapes(self) -> dict[str, tuple[int, ...]]:
        """Of the latent ``z``, without batch dimension."""
        return {'z': self.latent_shape}

    def generate(self, latents: dict[str, Tensor]) -> Tensor:
        """Run the generator; image B×3×H×W in its own range and channel order."""
        return self._call(self.generator, latents['z'])

    def _layout(self) -> tuple[list[Group], list[Group]]:
        return layout(self.generator, self._prefixes)

    # ---- what it can do, tried when it is first asked for

    @functools.cached_property
    def supports_vmap(self) -> bool:  # type: ignore[override]
        """Whether samples with weights of their own can run at once, as ``torch.vmap`` does it."""
        return self._works(
            lambda z: torch.vmap(lambda one: self.generate({'z': one[None]})[0])(z), self._trial(2)
        )

    @functools.cached_property
    def supports_forward_mode(self) -> bool:  # type: ignore[override]
        """Whether ``torch.func.jvp`` passes, many tangents at once."""

        def products(z: Tensor) -> Tensor:
            def product(tangent: Tensor) -> Tensor:
                return torch.func.jvp(lambda at: self.generate({'z': at}), (z,), (tangent,))[1]

            return torch.vmap(product)(z[None])

        return self._works(products, self._trial(1))

    @functools.cached_property
    def can_be_cut(self) -> bool:  # type: ignore[override]
        """Whether running the blocks one after the other makes the image."""
        if len(self._layout()[0]) < 2 or self._chain is None:
            return False
        z = self._trial(1)

        def difference(z: Tensor) -> Tensor:
            cut = Cut(z)
            for index in range(len(self._prefixes)):
                cut = self._run_block(index, cut)
            whole = self.generate({'z': z})
            if cut.features.shape != whole.shape or not torch.equal(cut.features, whole):
                raise ValueError('something happens between the blocks')
            return whole

        return self._works(difference, z)

    @functools.cached_property
    def _chain(self) -> list[list[nn.Module]] | None:
        return chain_of(self.generator, self._prefixes)

    def _run_block(self, index: int, cut: Cut) -> Cut:
        if self._chain is None:
            raise UserError(f'{self._call.name_of(self.generator)} cannot be cut between blocks')
        with op_by_op(self.generator):
            return Cut(run_block(self._chain[index], cut.features))

    def _check_cut(self, layer: int) -> None:
        if not self.can_be_cut:
            raise UserError(
                f'{self._call.name_of(self.generator)} cannot be cut between blocks, as it does '
                'more than run them one after the other: a torch.nn.Sequential can'
            )
        super()._check_cut(layer)

    def _forget_derived_weights(self) -> None:
        """Drop the graphs of whatever the modules keep of the last call."""
        super()._forget_derived_weights()
        for module in self.generator.modules():
            for name, value in vars(module).items():
                if isinstance(value, Tensor) and value.grad_fn is not None:
                    vars(module)[name] = value.detach()

    def _trial(self, count: int) -> Tensor:
        """Latents to try it with, where its weights are."""
        streams = [torch.Generator().manual_seed(seed) for seed in range(count)]
        return torch.stack([self._draw(self.latent_shape, s) for s in streams]).to(self.like)

    def _works(self, run: Callable[[Tensor], Tensor], z: Tensor) -> bool:
        try:
            with torch.no_grad():
                run(z)
        except Exception:  # noqa: BLE001  (a module can raise anything)
            return False
        finally:
            self._forget_derived_weights()
        return True


def _checked_shape(shape: int | Sequence[int]) -> tuple[int, ...]:
    found = tuple(shape) if isinstance(shape, Sequence) else (shape,)
    if found and all(isinstance(n, int) and n > 0 for n in found):
        return found
    raise UserError(
        f'latent_shape={shape!r}: give the shape of one latent without batch dimension, '
        'e.g. 512 or (4, 8, 8)'
    )
