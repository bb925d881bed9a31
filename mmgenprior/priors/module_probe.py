"""What running an unknown generator tells: its images, its order, and why it is no prior."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmgenprior.priors.module_call import ModuleCall
from mmgenprior.utils.errors import UserError

# Of the spread of an image: kernels round a sample differently in another batch.
_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Probe:
    """What was found.

    Attributes:
        call: How the generator is called.
        image_shape: Channels, height and width of its images.
        called: Names of the sub-modules by when they ran first; empty where none with weights was
            seen.
    """

    call: ModuleCall
    image_shape: tuple[int, int, int]
    called: tuple[str, ...]


def probe(module: nn.Module, call: ModuleCall, z: Tensor) -> Probe:
    """Run a generator on two latents, together and alone.

    Args:
        module: In eval mode.
        call: How it is called; ``one_by_one`` is found here.
        z: Two latents, 2×..., in the dtype and on the device of its weights.

    Raises:
        UserError: If it is no generator that can be searched, with the reason.
    """
    name = call.name_of(module)
    call.check_method(module)
    if z.dtype not in (torch.float32, torch.float64):
        raise UserError(
            f'{name} has weights of {z.dtype}: a search needs float32, call .float() on it'
        )
    with _recorded(module) as called, torch.enable_grad():
        given = z.detach().clone().requires_grad_(True)
        try:
            images = call(module, given)
        except UserError:
            raise
        except Exception as error:
            call, images = _alone(module, call, given, error)
    _check_image(name, images, len(z))
    with torch.no_grad():
        alone = call(module, z[:1])
        if not _same(alone, images[:1]):
            what = 'depends on the other samples of its batch'
            if not _same(call(module, z[:1]), alone):
                what = 'is another one at every call: fix the random numbers in it'
            raise UserError(f'{name} cannot serve as a prior: the image of a latent {what}')
    weighted = {n for n, part in module.named_modules() if any(True for _ in part.parameters())}
    seen = tuple(called) if weighted & set(called) else ()
    return Probe(call, tuple(images.shape[1:]), seen)


def _alone(
    module: nn.Module, call: ModuleCall, z: Tensor, error: Exception
) -> tuple[ModuleCall, Tensor]:
    """The same, one sample after the other."""
    call = dataclasses.replace(call, one_by_one=True)
    try:
        return call, call(module, z)
    except UserError:
        raise
    except Exception:
        shape = '×'.join(map(str, z.shape[1:]))
        raise UserError(
            f'{call.name_of(module)} cannot make an image of a latent B×{shape} '
            f'({type(error).__name__}: {_last_line(error)}): see latent_shape and method'
        ) from error


def _last_line(error: Exception) -> str:
    # TorchScript tells the cause behind its traceback.
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else ''


def _check_image(name: str, images: Tensor, count: int) -> None:
    shape = tuple(images.shape)
    if images.dim() != 4 or shape[0] != count or shape[1] != 3:
        said = '×'.join(map(str, shape)) or 'one number'
        raise UserError(
            f'{name} makes {said} of {count} latents: a prior makes images of 3 channels, '
            f'{count}×3×H×W'
        )
    if not images.requires_grad:
        raise UserError(
            f'{name} cannot be searched: no gradient reaches the latent; its forward pass must not '
            'run under no_grad or inference_mode, nor round the image to integers'
        )
    if not torch.isfinite(images).all():
        raise UserError(f'{name} makes images that are not finite (nan or inf)')


def _same(one: Tensor, other: Tensor) -> bool:
    spread = (other.max() - other.min()).clamp(min=torch.finfo(other.dtype).tiny)
    return one.shape == other.shape and bool((one - other).abs().max() <= _TOLERANCE * spread)


@contextlib.contextmanager
def _recorded(module: nn.Module) -> Iterator[list[str]]:
    """Names of the sub-modules that run, by when they run first."""
    called: list[str] = []
    handles = []
    for name, part in module.named_modules():
        if name and not isinstance(part, torch.jit.ScriptModule):

            def note(*_: object, name: str = name) -> None:
                if name not in called:
                    called.append(name)

            handles.append(part.register_forward_pre_hook(note))
    try:
        yield called
    finally:
        for handle in handles:
            handle.remove()
