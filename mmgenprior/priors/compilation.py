"""A generator's kernels, fused by PyTorch's compiler."""

from __future__ import annotations

import functools
import os
import platform
import shutil
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mmgenprior.priors.execution import pass_is_ordinary

_TORCH = tuple(int(part) for part in torch.__version__.split('.')[:2])
_COMPILERS = ('g++', 'clang++', 'c++')


def pays_at(latent: Tensor) -> bool:
    """Whether a call is one of the many alike for which a compilation is worth its minute.

    A pass without gradients comes once a stage. Under a transform of ``torch.func`` the compiler
    would see another program. On a CUDA device it was never measured.
    """
    return torch.is_grad_enabled() and latent.device.type == 'cpu' and pass_is_ordinary()


@functools.cache
def is_possible() -> bool:
    """Whether generators can be compiled here; says once what is missing."""
    # Before, weights of each sample's own were compiled anew at every step.
    if _TORCH < (2, 5):
        missing = f'torch {torch.__version__} is too old, 2.5 is needed'
    elif platform.system() == 'Linux' and not _cpp_compiler():
        missing = f'there is no C++ compiler ({", ".join(_COMPILERS)}, or the one that CXX names)'
    else:
        return True
    _warn(missing)
    return False


def _cpp_compiler() -> str | None:
    names = (os.environ.get('CXX'), *_COMPILERS)
    return next((name for name in names if name and shutil.which(name)), None)


@functools.cache
def _compiled(generate: Callable[..., Tensor]) -> Callable[..., Tensor]:
    # Shapes of a search never change: kernels of a fixed size are faster.
    return torch.compile(generate, dynamic=False)


_refused: set[Callable[..., Tensor]] = set()


def run(generate: Callable[..., Tensor], *arguments: Any) -> Tensor:
    """Call a function, compiled at the first call of its kind; as it is where that fails.

    Args:
        generate: As :meth:`Prior.generate` of a class, not bound: what is compiled is kept here, so
            that an adapter stays what can be copied and saved.
        *arguments: Its own.
    """
    if generate in _refused:
        return generate(*arguments)

    from torch._dynamo.exc import BackendCompilerFailed

    try:
        return _compiled(generate)(*arguments)
    except BackendCompilerFailed as error:
        _refused.add(generate)
        why, *_ = f'{error.inner_exception}\n'.splitlines()
        _warn(f'it cannot be compiled here ({why})')
        return generate(*arguments)


def _warn(why: str) -> None:
    warnings.warn(
        f'execution: compiled=True: {why}, so that the generator runs as it is', stacklevel=3
    )
