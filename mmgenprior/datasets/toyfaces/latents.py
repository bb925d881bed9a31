"""The normal latent of a face: what it was drawn from, for a generator that learns to draw it."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from mmgenprior.datasets.toyfaces.parameters import CLASSES, SPLITS, draw_levels

# Cells of the backdrop's texture: painting looks at no more of them.
_CELLS = 7
# Of numbers in [0, 1) that 2^-53 divides, 0 has no finite normal score.
_LEAST = 1e-6


def face_latent(
    seed: int,
    split: str,
    index: int,
    size: int,
    label: int | None = None,
    with_label: bool = True,
) -> np.ndarray:
    """A vector of standard normal numbers from which face ``index`` of a split follows.

    Every number that a face is drawn from becomes a normal score; hues and choices without an
    order (hair style, class, …) go round, and become the angle of a pair. Over the family the
    vectors are normal and independent, so that a generator that draws faces of these latents is a
    prior of the family. The fine textures of skin and hair have no place in it.

    Args:
        seed: Seed of the family.
        split: ``'train'`` or ``'test'``.
        index: Number of the face.
        size: Length of the vector; what is left over is noise that the face does not depend on.
        label: Class; by default they take turns.
        with_label: Give the class a place too; False for a generator that is told it.

    Returns:
        float32 array of shape (size,), a function of the arguments alone.

    Raises:
        ValueError: If ``size`` is too small, or as :func:`draw_parameters`.
    """
    face, levels, turns = draw_levels(seed, split, index, label)
    spare = np.random.Generator(
        np.random.PCG64(np.random.SeedSequence((seed, SPLITS.index(split), index, 1)))
    ).random
    round_ = [levels[place] for place in turns]
    straight = [
        spare() if level is None else level
        for place, level in enumerate(levels)
        if place not in turns
    ]
    if with_label:
        round_.append((face.label + spare()) / len(CLASSES))
    straight += face.noise[:_CELLS, :_CELLS].ravel().tolist()
    pairs = [_pair(level, spare()) for level in round_]
    free = size - len(straight) - 2 * len(pairs)
    if free < 0:
        raise ValueError(f'size {size}: the latent of a face has {size - free} numbers')
    straight += [spare() for _ in range(free)]
    scores = ndtri(np.clip(straight, _LEAST, 1 - _LEAST))
    return np.concatenate([np.ravel(pairs), scores]).astype(np.float32)


def _pair(level: float, other: float) -> tuple[float, float]:
    """Two normal numbers whose angle is the level (in turns); their length follows from another."""
    length = math.sqrt(-2 * math.log(max(other, _LEAST)))
    return length * math.cos(2 * math.pi * level), length * math.sin(2 * math.pi * level)
