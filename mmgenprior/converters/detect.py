"""The official layouts by name, and which of them a state dict is in. Imports no torch."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmgenprior.utils.errors import CheckpointError

if TYPE_CHECKING:
    from mmgenprior.converters.rules import Conversion, State

AUTO = 'auto'


@dataclass(frozen=True)
class Kind:
    """One official layout.

    Attributes:
        module: Module of this package that holds its converter.
        converter: Name of the function there.
        keys: What every file of the layout has, and no file of another layout has all of.
        about: One line on where such files come from.
    """

    module: str
    converter: str
    keys: tuple[str, ...]
    about: str


KINDS = {
    'began': Kind(
        'began',
        'convert_began',
        ('embed1.weight', 'deconv1.0.weight'),
        'BEGAN generator, 64×64 or 128×128 (IAGAN), checked key by key',
    ),
    'biggan-generator': Kind(
        'biggan',
        'convert_biggan_generator',
        ('shared.weight', 'linear.weight', 'blocks.0.0.conv1.weight'),
        'generator of BigGAN-PyTorch, e.g. G_ema.pth (DGP)',
    ),
    'biggan-discriminator': Kind(
        'biggan',
        'convert_biggan_discriminator',
        ('embed.weight', 'linear.weight', 'blocks.0.0.conv1.weight'),
        'discriminator of BigGAN-PyTorch, e.g. D.pth (DGP)',
    ),
    'bigprior-phi': Kind(
        'phi',
        'convert_bigprior_phi',
        ('backbone.dncnn.0.weight',),
        'published φ network with the DnCNN backbone (BIGPrior)',
    ),
    'dcgan-tutorial': Kind(
        'dcgan',
        'convert_dcgan_tutorial',
        ('main.0.weight', 'main.1.running_mean', 'main.3.weight'),
        "DCGAN generator of PyTorch's tutorial",
    ),
    'pggan-genforce': Kind(
        'pggan',
        'convert_pggan_genforce',
        ('layer0.conv.weight', 'output0.conv.weight'),
        'PGGAN generator of genforce (mGANprior, BIGPrior)',
    ),
    'pggan-ptrblck': Kind(
        'pggan',
        'convert_pggan_ptrblck',
        ('features.0.conv.weight', 'output.conv.weight'),
        'PGGAN generator of prog_gans_pytorch_inference (IAGAN)',
    ),
}


def detect(keys: Iterable[str]) -> str:
    """The layout that a state dict is in, by the keys that identify it.

    Args:
        keys: Of an official state dict, with or without ``module.`` in front.

    Returns:
        A key of :data:`KINDS`.

    Raises:
        CheckpointError: If it is none of them, listing them all.
    """
    names = {key.removeprefix('module.') for key in keys}
    for name, kind in KINDS.items():
        if names.issuperset(kind.keys):
            return name
    found = ', '.join(sorted(names)[:3]) or 'none'
    raise CheckpointError(
        f'in no layout that is known ({", ".join(KINDS)}): its keys are {found} …; name the KIND '
        'to be told what is missing'
    )


def converter_of(kind: str) -> Callable[[State], Conversion]:
    """The converter of a layout.

    Args:
        kind: Key of :data:`KINDS`, or ``'auto'`` for the layout that each state dict is in.

    Raises:
        CheckpointError: By the converter that ``'auto'`` gives, see :func:`detect`.
    """
    if kind == AUTO:
        return lambda state: converter_of(detect(state))(state)
    found = KINDS[kind]
    return getattr(importlib.import_module(f'{__package__}.{found.module}'), found.converter)


def convert_kind(kind: str, state: State) -> State:
    """A state dict of a named layout in that of the stock class, without its config.

    Raises:
        CheckpointError: If there is no such layout, or the state is not in it.
    """
    if kind not in KINDS:
        raise CheckpointError(f"layout '{kind}' is none of {', '.join(KINDS)}")
    return converter_of(kind)(state).state
