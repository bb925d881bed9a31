"""Which prior serves a photo where none is named, and what is known of one before it is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.names import nearest
from mmgenprior.weights.catalogue import BUNDLED, ZooEntry, catalogue

# A real prior of faces that is small, of the package registry, and licensed for all use.
REAL_FACES = 'dcgan_digiface64'
BUNDLED_FACES = 'dcgan_toyfaces'


@dataclass(frozen=True)
class ChosenPrior:
    """A prior for :func:`mmgenprior.api.methods.method_config`.

    Attributes:
        prior: Name in the catalogue, config, or the module itself.
        entry: Of the catalogue, None for any other.
        reason: One line on why it was taken; empty where it was asked for.
    """

    prior: Any
    entry: ZooEntry | None = None
    reason: str = ''

    @property
    def name(self) -> str:
        """What messages call it."""
        if self.entry is not None:
            return self.entry.name
        return 'your prior'

    @property
    def size(self) -> int | None:
        """Side of its pictures, None where only the generator tells."""
        return self.entry.resolution if self.entry is not None else None

    @property
    def weights(self) -> str:
        """Hash of its weights as far as it is known: that of the catalogue."""
        return self.entry.sha256 if self.entry is not None else ''

    @property
    def draws_faces(self) -> bool:
        """Whether faces of photos can be aligned to it."""
        framing = self.entry.framing if self.entry is not None else None
        return framing is not None and framing.draws_faces


def named_prior(prior: Any) -> ChosenPrior:
    """The prior that a caller means.

    Args:
        prior: Name in the catalogue, config with a ``type``, or a module.

    Raises:
        ArgumentError: If there is none of the name.
    """
    import mmgenprior.converters  # noqa: F401  (catalogues name what it announces)

    if isinstance(prior, dict):
        if prior.get('type') == 'zoo' and set(prior) <= {'type', 'name'}:
            return named_prior(prior.get('name'))
        return ChosenPrior(prior)
    if not isinstance(prior, str):
        if not hasattr(prior, 'parameters'):
            raise ArgumentError(f'prior={prior!r:.60} is neither a name, a config nor a module')
        return ChosenPrior(prior)
    entries = catalogue()
    if prior not in entries:
        hint = nearest(prior, entries) or '; mmgenprior download --list names all'
        raise ArgumentError(f"there is no prior '{prior}'{hint}")
    return ChosenPrior(prior, entries[prior])


def default_prior(wanted: str | None = None) -> ChosenPrior:
    """The prior where none is named: of real faces, or what the package has.

    Args:
        wanted: What the method wants.

    Returns:
        It; its weights are fetched by :func:`with_weights`.
    """
    if wanted is not None:
        return named_prior(wanted)
    return named_prior(REAL_FACES)


def with_weights(chosen: ChosenPrior, asked: bool) -> ChosenPrior:
    """The prior with its weights on this machine, or the bundled one in its place.

    Args:
        chosen: See :func:`named_prior`.
        asked: Whether the caller named it, so that no other will do.

    Raises:
        UserError: If it was named and cannot be had.
    """
    from mmgenprior.weights.resolve import fetch_entry, local_file

    entry = chosen.entry
    if entry is None:
        return chosen
    if asked:
        fetch_entry(entry)
        return chosen
    was_here = local_file(entry).is_file()
    try:
        fetch_entry(entry)
    except UserError as error:
        bundled = named_prior(BUNDLED_FACES)
        reason = (
            f'prior {bundled.name}, drawn faces that the package holds, a poor stand-in for '
            f'photographs: {entry.name} cannot be had ({error})'
        )
        return ChosenPrior(bundled.prior, bundled.entry, reason)
    how = 'in the package' if is_bundled(entry) else 'here already' if was_here else 'fetched now'
    return ChosenPrior(chosen.prior, entry, f'prior {entry.name}, {entry.about} ({how})')


def is_bundled(entry: ZooEntry) -> bool:
    """Whether its weights lie in the package."""
    return entry.folder == BUNDLED.parent
