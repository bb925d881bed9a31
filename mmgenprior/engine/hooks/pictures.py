"""The picture of a result for people: measurement, variants, restored and ground truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmgenprior.images import array_of, to_uint8
from mmgenprior.ledger.averaging import MEASUREMENT
from mmgenprior.visualization import map_picture, panel_size, side_by_side

# Deviations and errors shown darkest and brightest.
_DEVIATIONS = (0, 0.2)


def sheet_line(
    sample: Any,
    measurement: Any,
    variants: Mapping[str, np.ndarray],
    main: str,
    metrics: Mapping[str, float],
) -> np.ndarray:
    """Everything of one sample side by side, H×W×3 uint8 BGR.

    Args:
        sample: The data sample with its output.
        measurement: Its picture, 3×h×w, BGR, [0, 255]; None where there is none.
        variants: Name → picture, of all but the main one.
        main: Name of that.
        metrics: ``<variant>/PSNR`` → number, for the captions.
    """
    restored = to_uint8(sample.output.pred_img)
    # A variant of that name is the same picture, with its numbers.
    shown = measurement is None or MEASUREMENT in variants
    panels = [] if shown else [(MEASUREMENT, to_uint8(measurement))]
    panels += [*variants.items(), (main, restored)]
    panels = [(_label(name, metrics), image) for name, image in panels]
    if 'gt_img' in sample:
        panels.append(('ground truth', to_uint8(sample.gt_img)))
    panels += _certainty(sample)
    return side_by_side(panels, panel_size(*restored.shape[:2]))


def _label(name: str, metrics: Mapping[str, float]) -> str:
    psnr = metrics.get(f'{name}/PSNR')
    return name if psnr is None else f'{name} {psnr:.2f} dB'


def _certainty(sample: Any) -> list[tuple[str, np.ndarray]]:
    """The deviation and, with a ground truth, the error, on one scale; nothing without ``std``."""
    std = sample.output.get('std')
    if std is None:
        return []
    panels = [('standard deviation', map_picture(array_of(std), *_DEVIATIONS))]
    if 'gt_img' in sample:
        error = array_of(sample.output.pred_img - sample.gt_img.to(sample.output.pred_img)) / 255
        error = np.sqrt(np.square(error).mean(0, keepdims=True))
        panels.append(('|error|', map_picture(error, *_DEVIATIONS)))
    return panels
