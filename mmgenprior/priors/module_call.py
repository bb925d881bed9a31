"""How a module is called, and where the image is in what it returns."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mmgenprior.utils.errors import UserError
from mmgenprior.utils.names import listed, nearest


@dataclass(frozen=True)
class ModuleCall:
    """A call of a generator.

    Attributes:
        method: Name of the method that makes the image.
        output: Key, attribute or index of the image in what it returns, or None.
        one_by_one: Whether it takes a single sample at a time, as a program that was exported
            without a dynamic batch dimension does.

    Example:
        >>> ModuleCall('decode', 'sample')  # a VAE of diffusers
        ModuleCall(method='decode', output='sample', one_by_one=False)
    """

    method: str = 'forward'
    output: str | int | None = None
    one_by_one: bool = False

    def __call__(self, module: nn.Module, z: Tensor) -> Tensor:
        """The images of latents B×..., as the module makes them."""
        # Called as a module, its hooks run.
        run = module if self.method == 'forward' else getattr(module, self.method)
        with op_by_op(module):
            if self.one_by_one and len(z) > 1:
                return torch.cat([self._image(module, run(one)) for one in z.split(1)])
            return self._image(module, run(z))

    def check_method(self, module: nn.Module) -> None:
        """See that the module has the method.

        Raises:
            UserError: If it has not.
        """
        if not callable(getattr(module, self.method, None)):
            known = [name for name in dir(module) if not name.startswith('_')]
            raise UserError(
                f"method='{self.method}': {self.name_of(module)} has none of this name"
                f'{nearest(self.method, known)}'
            )

    def name_of(self, module: nn.Module) -> str:
        """The name of the class, for messages; of TorchScript that of its source."""
        return str(getattr(module, 'original_name', type(module).__name__))

    def _image(self, module: nn.Module, found: Any) -> Tensor:
        """The image in what the call returned.

        Raises:
            UserError: If it is not there.
        """
        wanted = self.output
        try:
            if wanted is None:
                image = found
            elif isinstance(wanted, str) and not isinstance(found, Mapping):
                image = getattr(found, wanted)
            else:
                image = found[wanted]
        except (AttributeError, KeyError, IndexError, TypeError):
            image = None
        if isinstance(image, Tensor):
            return image
        said = '' if wanted is None else f' and no tensor at output={wanted!r}'
        raise UserError(
            f'{self.name_of(module)} returns {_described(found)}{said}: '
            'name the image in it by output='
        )


def _described(found: Any) -> str:
    if isinstance(found, Tensor):
        return 'a tensor'
    kind = type(found).__name__
    if isinstance(found, Mapping):
        return f'a {kind} with the keys {listed([repr(key) for key in found])}'
    if isinstance(found, (tuple, list)):
        return f'a {kind} of {len(found)}'
    own = getattr(found, '__dict__', {})
    names = [name for name, value in own.items() if isinstance(value, Tensor)]
    return f'a {kind}' + (f' with {listed(names)}' if names else '')


def op_by_op(module: nn.Module) -> contextlib.AbstractContextManager:
    """Run TorchScript without its optimiser, whose fused kernels know no tangents and no vmap."""
    if any(isinstance(part, torch.jit.ScriptModule) for part in module.modules()):
        return torch.jit.optimized_execution(False)
    return contextlib.nullcontext()
