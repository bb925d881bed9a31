"""The table of damages, and what a text such as ``grey+hole`` means."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mmgenprior.damages.kernels import KERNEL_SUFFIXES, Kernel, is_kernel_file
from mmgenprior.utils.errors import ConfigError
from mmgenprior.utils.names import nearest

Value = int | float | str | Kernel

# What other programs call them, for the hint alone.
_SYNONYMS = {
    'inpaint': 'hole',
    'inpainting': 'hole',
    'mask': 'hole',
    'box': 'hole',
    'color': 'grey',
    'colour': 'grey',
    'colorize': 'grey',
    'colorization': 'grey',
    'gray': 'grey',
    'denoise': 'noise',
    'noisy': 'noise',
    'deblur': 'blur',
    'quantize': 'quantized',
    'compression': 'jpeg',
    'super-resolution': 'sr4',
    'superresolution': 'sr4',
    'downsampled': 'sr4',
    'bicubic': 'sr4',
}
# The noise that is looked for where none is said, in grey levels (BIGPrior's blind denoising).
BLIND_NOISE = (5, 50)
COLOUR = re.compile(r'#[0-9a-fA-F]{6}')


class DamageError(ConfigError, ValueError):
    """A damage that is not known, or has a value that it cannot have."""


def _number(
    kind: str, text: str, fits: Callable[[float], bool], what: str, whole: bool = False
) -> int | float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or not fits(value) or (whole and value != int(value)):
        raise DamageError(f"damage '{kind}': '{text}' must be {what}")
    return int(value) if whole else value


def _factor(text: str) -> int:
    return int(_number('sr', text, lambda v: 2 <= v <= 64, 'a whole number from 2 to 64', True))


def _hole(text: str) -> str:
    if text.startswith('#') and not COLOUR.fullmatch(text):
        raise DamageError(f"damage 'hole': '{text}' is no colour: write it as #rrggbb")
    return text.lower() if text.startswith('#') else text


def _levels_of_noise(text: str) -> float:
    return _number('noise', text, lambda v: 0 < v <= 255, 'grey levels above 0, up to 255')


def _blur(text: str) -> float | str:
    if is_kernel_file(text):
        return text
    suffixes = ', '.join(KERNEL_SUFFIXES)
    what = f'a deviation in pixels above 0, up to 100, or a file of a kernel ({suffixes})'
    return _number('blur', text, lambda v: 0 < v <= 100, what)


def _quality(text: str) -> int:
    return int(_number('jpeg', text, lambda v: 1 <= v <= 100, 'a quality from 1 to 100', True))


def _levels(text: str) -> int:
    what = 'a whole number of levels from 2 to 256'
    return int(_number('quantized', text, lambda v: 2 <= v <= 256, what, True))


def _share(text: str) -> float:
    return _number('cs', text, lambda v: 0 < v <= 1, 'a share of the pixels above 0, up to 1')


@dataclass(frozen=True)
class Kind:
    """A row of the table.

    Attributes:
        form: How it is written.
        about: One line on it, which says what is done where no value is given.
        read: From the text behind the name to the value.
        required: Whether it needs a value.
        photographs: Whether a picture file can have it; else it is for configs alone.
    """

    form: str
    about: str
    read: Callable[[str], Value] | None = None
    required: bool = False
    photographs: bool = True


KINDS: dict[str, Kind] = {
    'sr': Kind('srN', 'N times fewer pixels a side, bicubic: sr4', _factor, True),
    'hole': Kind(
        'hole[:#rrggbb|:FILE]',
        'unknown pixels: of a mask (white is known), of a file, or of a colour: hole:#ff00ff',
        _hole,
    ),
    'grey': Kind('grey', 'the colours are lost, the luminance is known'),
    'noise': Kind(
        'noise[:LEVELS]',
        'white noise of so many of 255 grey levels: noise:25; estimated where left out',
        _levels_of_noise,
    ),
    'blur': Kind(
        'blur[:PIXELS|:FILE]',
        'Gaussian blur of this deviation: blur:2; or by a kernel, from a file or given: blur:k.npy',
        _blur,
    ),
    'jpeg': Kind(
        'jpeg[:QUALITY]',
        'JPEG compression: jpeg:20; the tables of a JPEG file where left out',
        _quality,
    ),
    'quantized': Kind(
        'quantized[:LEVELS]',
        'few levels a channel: quantized:5; counted in the picture where left out',
        _levels,
    ),
    'cs': Kind(
        'cs:SHARE',
        'random projections, SHARE × pixels of them: cs:0.1; in configs, no picture shows them',
        _share,
        True,
        photographs=False,
    ),
}


@dataclass(frozen=True)
class Damage:
    """One damage with its value.

    Attributes:
        kind: Key of :data:`KINDS`.
        value: What its text says behind the name: the factor of ``sr``, colour or file of
            ``hole``, grey levels of ``noise``, pixels, file or :class:`Kernel` of ``blur``, quality
            of ``jpeg``, levels of ``quantized``, share of ``cs``; None where nothing is said.
    """

    kind: str
    value: Value | None = None

    def __str__(self) -> str:
        if self.value is None:
            return self.kind
        separator = '' if self.kind == 'sr' else ':'
        text = f'{self.value:g}' if isinstance(self.value, (int, float)) else str(self.value)
        return f'{self.kind}{separator}{text}'

    def operator(self) -> dict[str, Any] | None:
        """Config of its operator; None for noise.

        Raises:
            DamageError: If only the picture would tell.
        """
        if self.kind == 'sr':
            # As most programs treat the border; the papers' zeros are the configs' own.
            return dict(type='BicubicDownsampling', factor=self.value, padding='replicate')
        if self.kind == 'grey':
            return dict(type='Luminance')
        if self.kind == 'blur':
            return self._blur()
        if self.kind == 'cs':
            return dict(type='GaussianCompressedSensing', ratio=self.value, seed=0)
        if self.kind == 'hole':
            if self.value is None:
                return dict(type='FileMask')
            if not COLOUR.fullmatch(str(self.value)):
                return dict(type='FileMask', file=self.value)
            raise DamageError(
                f"damage '{self}': a colour marks the hole in a picture that is restored by "
                "'mmgenprior restore'; a config takes a mask file: hole:FILE, or hole with "
                "data_prefix=dict(..., mask='folder')"
            )
        if self.kind in ('jpeg', 'quantized'):
            if self.value is None:
                raise DamageError(
                    f"damage '{self}': only a picture that is restored by 'mmgenprior restore' "
                    f'tells its own; write {KINDS[self.kind].form} with a number'
                )
            if self.kind == 'jpeg':
                return dict(type='JPEGCompression', quality=self.value)
            return dict(type='Quantization', levels=self.value)
        return None

    def _blur(self) -> dict[str, Any]:
        if self.value is None:
            raise DamageError(
                "damage 'blur' needs its width in pixels, blur:2, or its kernel: blur:FILE "
                '(--kernel FILE, kernel=...)'
            )
        if isinstance(self.value, (int, float)):
            return dict(type='GaussianBlur', sigma=self.value, padding='replicate')
        kernel = self.value
        if isinstance(kernel, Kernel):
            kernel = [list(row) for row in kernel.rows]
        return dict(type='KernelBlur', kernel=kernel, padding='replicate')

    def noise(self) -> dict[str, Any] | None:
        """Config of its noise; None for operators."""
        if self.kind != 'noise':
            return None
        if self.value is None:
            return dict(type='GaussianNoise', sigma=[level / 255 for level in BLIND_NOISE])
        return dict(type='GaussianNoise', sigma=self.value / 255)


@dataclass(frozen=True)
class DamageChain:
    """Damages in the order in which they happened.

    Attributes:
        damages: They.
    """

    damages: tuple[Damage, ...]

    def __str__(self) -> str:
        return '+'.join(map(str, self.damages)) or 'nothing'

    def get(self, kind: str) -> Damage | None:
        """The damage of a kind, None where there is none."""
        return next((damage for damage in self.damages if damage.kind == kind), None)

    def __contains__(self, kind: str) -> bool:
        return self.get(kind) is not None

    def replaced(self, kind: str, value: Value | None) -> DamageChain:
        """The chain with another value of a damage that it has."""
        return DamageChain(
            tuple(Damage(kind, value) if d.kind == kind else d for d in self.damages)
        )

    def config(self) -> dict[str, Any]:
        """Config of :func:`mmgenprior.degradations.build_degradation`.

        Raises:
            DamageError: If a damage has a value that only a picture tells.
        """
        operators = [d.operator() for d in self.damages if d.kind != 'noise']
        physics = product(operators, 'blur' in self)
        noise = self.get('noise')
        return dict(centre=0.5, physics=physics, noise=noise and noise.noise())


def product(operators: Sequence[dict[str, Any]], has_blur: bool) -> dict[str, Any]:
    """Config of operators one after the other.

    Args:
        operators: Their configs; none is the identity.
        has_blur: Whether a blur is among them, whose nearly lost detail no search is worth.
    """
    if len(operators) == 1:
        return operators[0]
    if not operators:
        return dict(type='Identity')
    inexact = dict(tol=1e-2) if has_blur else {}
    return dict(type='Compose', operators=list(operators), **inexact)


def parse_damage(text: str) -> DamageChain:
    """Read a damage, or a chain of them that a ``+`` joins in the order of what happened.

    Args:
        text: E.g. ``'sr4'``, ``'grey+hole'``, ``'hole:#ff00ff'``, ``'blur:2+noise:5'``.

    Raises:
        DamageError: In one line, with the nearest name, if there is no such damage, a value is
            wrong, or the chain has no such order.
    """
    if not isinstance(text, str) or not text.strip():
        raise DamageError(f'damage {text!r} must be a text such as {_names()}')
    found = [_damage(word, text) for word in _words(text.strip())]
    kinds = [damage.kind for damage in found]
    for kind in kinds:
        if kinds.count(kind) > 1:
            raise DamageError(f"damage '{text}': '{kind}' is named twice")
    if 'cs' in kinds and set(kinds) - {'cs', 'noise'}:
        raise DamageError(f"damage '{text}': cs goes with noise alone")
    if 'noise' in kinds and set(kinds[kinds.index('noise') + 1 :]) - {'hole'}:
        raise DamageError(
            f"damage '{text}': noise is what a measurement has at last, so write it last (only a "
            'hole may follow)'
        )
    return DamageChain(tuple(found))


def _words(text: str) -> list[str]:
    """The text at every ``+``, but for those within the name of a file."""
    words: list[str] = []
    for word in text.split('+'):
        if words and _is_in_file(words[-1]) and _name_of(word.strip()) not in KINDS:
            words[-1] += f'+{word}'
        else:
            words.append(word.strip())
    return words


def _is_in_file(word: str) -> bool:
    """Whether a word could be the beginning of one with the name of a file."""
    kind, _, value = word.partition(':')
    if kind == 'hole':
        return bool(value) and not value.startswith('#')
    return kind == 'blur' and not (is_kernel_file(value) or re.fullmatch(r'-?[\d.]*', value))


def _name_of(word: str) -> str:
    return 'sr' if re.fullmatch(r'sr:?\d.*', word) else word.partition(':')[0]


def _damage(word: str, text: str) -> Damage:
    name = _name_of(word)
    if name not in KINDS:
        where = '' if word == text else f" in '{text}'"
        meant = _SYNONYMS.get(name)
        hint = f' (did you mean {meant}?)' if meant else nearest(name, [*KINDS, 'sr4', 'auto'])
        raise DamageError(f"there is no damage '{word}'{where}{hint or f'; there are {_names()}'}")
    kind = KINDS[name]
    value = word[len(name) :].removeprefix(':')
    if not value:
        if kind.required or word.endswith(':'):
            raise DamageError(f"damage '{word}' needs a value, {kind.form}: {kind.about}")
        return Damage(name)
    if kind.read is None:
        raise DamageError(f"damage '{word}': {name} has no value")
    return Damage(name, kind.read(value))


def _names() -> str:
    return ', '.join(kind.form for kind in KINDS.values())
