"""What a measurement holds exactly, put back into a result at the photo's full size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mmgenprior.photos.placement import sized
from mmgenprior.photos.values import Array, as_colour, checked, to_dtype, to_float
from mmgenprior.utils.errors import UserError

# Of the operator Luminance, normalised to sum one as its measurement of a grey picture is.
LUMINANCE = (0.2989, 0.5870, 0.1140)
Linear = Callable[[Array], Array]


def exact(
    photo: Array,
    result: Array,
    known: Array | None = None,
    luminance: bool | Sequence[float] = False,
    operator: tuple[Linear, Linear] | None = None,
    within: Array | None = None,
) -> Array:
    """A result that agrees with its photo in all that the damage left.

    Args:
        photo: H×W×3, or grey H×W: the input at full size. With an ``operator`` any picture that
            measures as it was measured, such as the pseudo-inverse of a low resolution.
        result: H×W×3, the restored picture.
        known: H×W bool: pixels that the damage left, all their channels.
        luminance: True, or the weights of R, G, B: the photo's luminance is kept and only colour
            taken from the result, paler where a colour would leave [0, 1].
        operator: (A, adjoint) on float64 H×W×C: anything linear, such as a reduction.
        within: H×W bool, with ``operator``: where the result may differ from the photo; where it
            does if left out. The correction stays inside.

    Returns:
        H×W×3 in the result's dtype: exact to its precision for floats, within rounding for
        integers. Floats may leave [0, 1] with an ``operator``.

    Raises:
        UserError: If sizes differ, or none of the three is given.
    """
    photo, result = as_colour(checked(photo)), checked(result)
    if photo.shape != result.shape:
        raise UserError(f'the result is {result.shape} and the photo {photo.shape}: sizes differ')
    if known is None and operator is None and luminance is False:
        raise UserError('exact() needs what is exact: known=, luminance= or operator=')
    held = np.ones(photo.shape[:2], bool)
    if known is not None:
        held = np.asarray(sized(known, photo), bool)
    if operator is not None:
        result = _measured(photo, result, operator, within)
    if luminance is not False:
        weights = LUMINANCE if luminance is True else luminance
        result = _with_luminance(photo, result, weights, held)
    elif known is not None:
        result = np.where(held[..., None], to_dtype(_of(photo, result), result.dtype), result)
    return result


def _of(photo: Array, result: Array) -> Array:
    """The photo as floats of the result's precision."""
    wide = result.dtype == np.float64
    return to_float(photo.astype(np.float64) if wide and photo.dtype.kind == 'f' else photo)


def _with_luminance(photo: Array, result: Array, weights: Sequence[float], held: Array) -> Array:
    """The photo's luminance, the result's colour."""
    w = np.asarray(weights, np.float64)
    w = w / w.sum()
    y = to_float(photo).astype(np.float64) @ w
    colours = to_float(result).astype(np.float64)
    tint = colours - (colours @ w)[..., None]
    # The largest share of the tint that stays in [0, 1]; the tint itself has no luminance.
    room = np.where(tint > 0, 1 - y[..., None], y[..., None])
    with np.errstate(divide='ignore', invalid='ignore'):
        share = np.where(tint == 0, np.inf, room / np.abs(tint)).min(-1)
    share = np.clip(np.nan_to_num(share, posinf=1.0), 0, 1)
    # Clipped of the last bit only.
    merged = to_dtype(np.clip(y[..., None] + share[..., None] * tint, 0, 1), result.dtype)
    # Where nothing was changed the photo stays what it was, bit for bit.
    same = (to_dtype(to_float(photo), result.dtype) == result).all(-1)
    return np.where((held & ~same)[..., None], merged, result)


def _measured(photo: Array, result: Array, operator: tuple[Linear, Linear], within) -> Array:
    """The nearest picture to the result that measures as the photo does, changed inside only."""
    A, adjoint = operator
    start = to_float(photo).astype(np.float64)
    change = to_float(result).astype(np.float64) - start
    inside = (change != 0).any(-1) if within is None else np.asarray(sized(within, photo), bool)
    inside = inside[..., None]
    change = change * inside
    # min ‖d‖ over d inside with A d = A change, by conjugate gradients on A Aᵀ λ = A change: it has
    # a solution, for `change` itself lies inside.
    residual = A(change)
    multiplier = np.zeros_like(residual)
    direction, square = residual.copy(), float((residual**2).sum())
    enough = (1e-13 * np.sqrt(residual.size)) ** 2
    for _ in range(500):
        if square <= enough:
            break
        applied = A(adjoint(direction) * inside)
        step = square / float((direction * applied).sum())
        multiplier += step * direction
        residual = residual - step * applied
        previous, square = square, float((residual**2).sum())
        direction = residual + square / previous * direction
    corrected = start + change - adjoint(multiplier) * inside
    exact_dtype = result.dtype if result.dtype.kind == 'f' else np.dtype(np.float64)
    corrected = corrected.astype(exact_dtype)
    corrected = corrected if result.dtype.kind == 'f' else to_dtype(corrected, result.dtype)
    untouched = np.where(inside, corrected, to_dtype(to_float(photo), result.dtype))
    return untouched
