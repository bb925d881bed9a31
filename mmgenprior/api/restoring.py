"""From a photo to a restored photo: ``mmgenprior.restore``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mmgenprior.api.arguments import ArgumentError, check_name, refuse_unknown
from mmgenprior.api.kernels import with_kernel
from mmgenprior.api.pictures import Photo, as_list, is_several, masks_of, read_photo
from mmgenprior.api.planning import AS_IS, factor_of
from mmgenprior.api.proposal import AUTO
from mmgenprior.api.restoration import Restoration
from mmgenprior.api.restorer import Restorer
from mmgenprior.damages import DamageChain


def restore(
    image: Any,
    damage: str | DamageChain = AUTO,
    mask: Any = None,
    prior: Any = None,
    method: str = 'gaussnewton',
    device: str = 'auto',
    seed: int = 0,
    callback: Callable[..., None] | None = None,
    truth: Any = None,
    as_is: bool | str = False,
    invert_mask: bool = False,
    film: bool = False,
    options: Mapping[str, Any] | None = None,
    quiet: bool = False,
    kernel: Any = None,
    **unknown: Any,
) -> Restoration | list[Restoration]:
    """Restore a damaged photo with a generator as the prior.

    Faces are found, aligned to what the prior draws, restored, and put back; what the photo holds
    exactly (pixels outside a hole, the luminance of a grey photo, a low resolution) is kept.

    Args:
        image: Path, folder, PIL picture, array H×W×3 (uint8, or float in [0, 1], RGB), tensor 3×H×W
            in [0, 1], or a list of these.
        damage: What happened to it, by name, see :func:`mmgenprior.list_damages`: ``'sr4'``,
            ``'hole'``, ``'grey+hole'``, …; ``'auto'`` proposes it, and says so.
        mask: Picture of the photo's size, white where it is known; for several photos also a list,
            or a folder of the same names.
        prior: See :class:`Restorer`.
        method: See :func:`mmgenprior.list_methods`.
        device: ``'auto'``, ``'cpu'``, ``'cuda'``, ``'cuda:1'``.
        seed: Of all that is drawn.
        callback: Told of every iteration, ``callback(stage, iteration, objective, image)``, see
            :data:`mmgenprior.inversion.callbacks.SearchCallback`; ``stage.first`` is the number of
            the face. It may raise :class:`mmgenprior.Cancelled` to stop.
        truth: The undamaged picture of the result's size, for metrics; for several photos a list or
            a folder of the same names.
        as_is: Do not look for faces: True or ``'crop'`` takes the largest square in the middle,
            ``'tile'`` covers the photo with squares of the prior's size.
        invert_mask: White marks the hole instead.
        film: Record frames for :meth:`Restoration.save`.
        options: Further arguments of the method, as in a config.
        quiet: Print nothing of what was assumed.
        kernel: Of ``damage='blur'``: its width in pixels, a file (``.npy`` or a picture), or an
            array: what a point of light became.
        **unknown: Refused, with the nearest name.

    Returns:
        A :class:`Restoration`; a list of them for a list, a folder or a batch.

    Raises:
        ArgumentError: In one line, before torch is imported where that can be, if an argument or a
            picture cannot work.
        Cancelled: If the callback raised it.
    """
    refuse_unknown(unknown, _ARGUMENTS)
    if as_is not in (True, False):
        check_name('as_is', as_is, AS_IS)
    damage = with_kernel(damage, kernel, mask is not None)
    restorer = Restorer(prior, method, device, seed, options, None if quiet else print)
    photos = [read_photo(item) for item in as_list(image)]
    masks = masks_of(mask, photos, invert_mask)
    plans = [
        restorer.plan(photo, damage, known, as_is, invert_mask)
        for photo, known in zip(photos, masks)
    ]
    truths = truths_of(truth, photos, [factor_of(p.damage) for p, _ in plans])
    done = [
        restorer(photo, planned, callback, true, film)
        for photo, planned, true in zip(photos, plans, truths)
    ]
    return done if is_several(image) else done[0]


_ARGUMENTS = [name for name in restore.__annotations__ if name not in ('return', 'unknown')]


def truths_of(
    truth: Any, photos: Sequence[Photo], factors: Sequence[int]
) -> list[np.ndarray | None]:
    """The undamaged pictures, H×W×3, of photos.

    Raises:
        ArgumentError: If one is missing or has another size than the result.
    """
    if truth is None:
        return [None] * len(photos)
    given = as_list(truth)
    if len(given) != len(photos):
        by_name = {read_photo(item).name: item for item in given}
        missing = [photo.name for photo in photos if photo.name not in by_name]
        if missing:
            raise ArgumentError(f"truth: there is no picture of the name '{missing[0]}'")
        given = [by_name[photo.name] for photo in photos]
    found = []
    for item, photo, factor in zip(given, photos, factors):
        true = read_photo(item, 'truth')
        expected = tuple(side * factor for side in photo.size)
        if true.size != expected:
            raise ArgumentError(
                f"truth '{true.path or true.name}' is {true.size[1]}×{true.size[0]}, but the "
                f'result of {photo.name} is {expected[1]}×{expected[0]}'
            )
        found.append(true.pixels)
    return found
