"""What happens to a sample where the config writes no pipeline out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mmgenprior.utils.errors import UserError

# The measurement travels as itself, in the metainfo; an editor reads no inputs.
PACK = dict(type='PackInputs', keys=[], meta_keys=['measurement', 'key'])


def rendered_pipeline(
    degradation: dict | str, before_degrade: Sequence[dict] = (), invert_mask: bool = False
) -> list[dict]:
    """Degrade a picture that the sample holds already.

    Args:
        degradation: Config of :func:`mmgenprior.degradations.build_degradation`.
        before_degrade: Steps on the ground truth ``gt`` (H×W×3 BGR in [0, 255]) before that.
        invert_mask: White marks the hole in a mask file.

    Returns:
        The steps' configs.
    """
    degrade = dict(type='Degrade', degradation=degradation, invert_mask=invert_mask)
    return [*before_degrade, degrade, PACK]


def photo_pipeline(
    degradation: dict | str,
    size: int | tuple[int, int] | None = None,
    before_degrade: Sequence[dict] = (),
    invert_mask: bool = False,
) -> list[dict]:
    """Load a photograph (role ``gt``) and degrade it.

    Args:
        degradation: Config of :func:`mmgenprior.degradations.build_degradation`.
        size: Side, or (height, width), that it is cropped and resized to; None keeps its own.
        before_degrade: Steps between the two.
        invert_mask: White marks the hole in a mask file.

    Returns:
        The steps' configs.
    """
    load = dict(type='LoadPhoto', key='gt', size=size)
    return [load, *rendered_pipeline(degradation, before_degrade, invert_mask)]


def measurement_pipeline(
    degradation: dict | str, size: int | tuple[int, int] | None = None, invert_mask: bool = False
) -> list[dict]:
    """Load a file that is degraded already (role ``img``), and the truth where there is one.

    Args:
        degradation: Config of :func:`mmgenprior.degradations.build_degradation`.
        size: Side, or (height, width), of the image to restore; None lets the operator tell it.
        invert_mask: White marks the hole in a mask file.

    Returns:
        The steps' configs.
    """
    sides = (size, size) if isinstance(size, int) else size
    load = dict(
        type='LoadMeasurement',
        degradation=degradation,
        image_shape=sides and (3, *sides),
        invert_mask=invert_mask,
    )
    truth = dict(type='LoadPhoto', key='gt', size=size, allow_missing=True)
    return [load, truth, PACK]


def choose_pipeline(
    owner: str,
    pipeline: Sequence | None,
    default: Callable[..., list[dict]],
    degradation: dict | str | None,
    **options: Any,
) -> Sequence:
    """The pipeline of the config, or the default one of its degradation.

    Args:
        owner: Name of the data set, for errors.
        pipeline: Written out in the config; None where it is not.
        default: Makes the other one.
        degradation: Config of the operator and its noise, or None.
        **options: Further arguments of ``default``; what is false was not given.

    Returns:
        The steps, or their configs.

    Raises:
        UserError: Both are given or none.
    """
    options = {name: value for name, value in options.items() if value}
    if pipeline is not None:
        given = [*(['degradation'] if degradation is not None else []), *options]
        if given:
            raise UserError(
                f'{owner}: pipeline=[...] says all that is done with a sample; leave out '
                f'{", ".join(given)} beside it, or the pipeline'
            )
        return pipeline
    if degradation is None:
        raise UserError(
            f'{owner}: what is done with a sample? Give degradation=dict(physics=dict(type=...)), '
            'or write out a pipeline=[...]'
        )
    return default(degradation, **options)
