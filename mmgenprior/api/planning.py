"""Where in a photo a prior draws: decided, and refused, before anything heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mmgenprior.api.arguments import ArgumentError, check_name
from mmgenprior.api.pictures import Photo, check_size
from mmgenprior.api.priors import ChosenPrior
from mmgenprior.damages import Damage, DamageChain
from mmgenprior.photos import Placement, Tiles, as_is, find_faces, place, tiles

AS_IS = ('crop', 'tile')


class NoFaceError(ArgumentError):
    """The photo holds no face that a prior of faces could draw."""


@dataclass(frozen=True)
class Plan:
    """What is restored of a photo, and where.

    Attributes:
        photo: The photo.
        damage: What happened to it; a hole stands last, as it is one in the photo as it is given.
        known: H×W bool of the photo, None without a hole.
        size: Side of the prior's pictures.
        placements: Squares that the prior draws, in pixels of the result; empty where the whole
            result is one, pixel for pixel.
        tiles: The squares as tiles, where they are.
        said: Lines on what was decided.
    """

    photo: Photo
    damage: DamageChain
    known: np.ndarray | None
    size: int
    placements: tuple[Placement, ...] = ()
    tiles: Tiles | None = None
    said: tuple[str, ...] = field(default=())

    @property
    def factor(self) -> int:
        """How many times larger than the photo the result is, a side."""
        return factor_of(self.damage)

    @property
    def result_size(self) -> tuple[int, int]:
        """Height and width of the result."""
        height, width = self.photo.size
        return height * self.factor, width * self.factor


def factor_of(damage: DamageChain) -> int:
    """How many times larger than the photo the result is, a side."""
    lost = damage.get('sr')
    return 1 if lost is None else int(lost.value)


def hole_last(damage: DamageChain) -> DamageChain:
    """The chain with its hole at the end: the mask is one of the photo as it is given."""
    others = tuple(d for d in damage.damages if d.kind != 'hole')
    hole = damage.get('hole')
    return DamageChain(others if hole is None else (*others, Damage('hole')))


def plan(
    photo: Photo,
    damage: DamageChain,
    known: np.ndarray | None,
    prior: ChosenPrior,
    size: int,
    as_is_how: bool | str = False,
) -> Plan:
    """Decide where the prior draws.

    Args:
        photo: The photo.
        damage: With all values that only the photo tells.
        known: H×W bool, None without a hole.
        prior: The prior.
        size: Side of its pictures.
        as_is_how: Do not look for faces: True or ``'crop'`` takes the largest square in the middle,
            ``'tile'`` covers the photo with squares, pixel for pixel.

    Raises:
        NoFaceError: If no face is found.
        ArgumentError: If the prior draws no faces and ``as_is_how`` is False; the result would be
            too large; or the hole lies in no square.
    """
    if as_is_how not in (True, False):
        check_name('as_is', as_is_how, AS_IS)
    damage = hole_last(damage)
    bare = Plan(photo, damage, known, size)
    height, width = bare.result_size
    check_size(height, width, f'the result of {photo.name}')
    if (height, width) == (size, size):
        return bare
    said: list[str] = []
    if as_is_how == 'tile':
        covering = tiles(np.empty((height, width), np.float32), size)
        chosen = list(covering.placements)
        said.append(f'{len(chosen)} tiles of {size}×{size}, pixel for pixel')
        return Plan(photo, damage, known, size, tuple(chosen), covering, tuple(said))
    if as_is_how:
        square = as_is(np.empty((height, width), np.float32), size)
        said.append(f'the square in the middle is restored; {square.detail}')
        chosen = [square]
    else:
        chosen = _faces(photo, known, prior, size, bare.factor)
        touched = _touched(chosen, known, damage)
        said.append(f'{_count(len(chosen))} found; {touched[0].detail}')
        if len(touched) < len(chosen):
            said.append(f'the hole touches {len(touched)} of them')
        chosen = touched
    outside = _outside(chosen, known)
    if outside:
        said.append(f'{outside:.0%} of the hole lies outside of what is restored, and stays')
    return Plan(photo, damage, known, size, tuple(chosen), None, tuple(said))


def _faces(
    photo: Photo, known: np.ndarray | None, prior: ChosenPrior, size: int, factor: int
) -> list[Placement]:
    if not prior.draws_faces:
        about = f' ({prior.entry.about})' if prior.entry is not None else ''
        raise ArgumentError(
            f"'{photo.path or photo.name}' is {photo.size[1]}×{photo.size[0]}, and {prior.name}"
            f'{about} draws {size}×{size} and no faces to align: --as-is (as_is=True) takes the '
            'middle square, --as-is tile covers the photo with squares'
        )
    faces = find_faces(photo.pixels, known=known)
    if not faces:
        raise NoFaceError(
            f"no face was found in '{photo.path or photo.name}': --as-is (as_is=True) takes the "
            'middle square, --as-is tile covers the photo, --prior names one of another domain'
        )
    squares = [place(face, prior.entry.framing, size) for face in faces]
    return [
        Placement((s.centre[0] * factor, s.centre[1] * factor), s.side * factor, s.angle, size)
        for s in squares
    ]


def _touched(
    squares: list[Placement], known: np.ndarray | None, damage: DamageChain
) -> list[Placement]:
    """Those that hold some of the hole, where it is all that is to be repaired."""
    if known is None or len(damage.damages) > 1:
        return squares
    hole = ~known
    touched = [s for s in squares if hole[s.window(hole.shape) > 0].any()]
    if not touched:
        raise NoFaceError(
            f'the hole lies in none of the {_count(len(squares))} of the photo: --as-is tile '
            '(as_is="tile") covers the photo with squares'
        )
    return touched


def _outside(squares: list[Placement], known: np.ndarray | None) -> float:
    """Share of the hole that no square holds; holes of a photo at the result's size only."""
    if known is None:
        return 0.0
    hole = ~known
    covered = np.zeros_like(hole)
    for square in squares:
        covered |= square.window(hole.shape) > 0
    return float((hole & ~covered).sum() / hole.sum())


def _count(number: int) -> str:
    return f'{number} face{"s" * (number != 1)}'
