"""The objective of a search as curves that a browser draws."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from mmgenprior.app.searching import Run

_WIDTH, _HEIGHT = 560, 202
_TOP, _BOTTOM, _GAP, _LEAST = 24, 50, 10, 62
# Colours that differ for colour-blind eyes, on white and on black (Okabe and Ito).
_COLOURS = ('#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9')
_MOST_POINTS = 400


def curve(runs: Sequence[Run]) -> str:
    """Objective over iterations as SVG, a panel a stage.

    Each stage has an objective of its own, so that each panel has its own scale, logarithmic where
    its values are positive and differ much; first and last value stand below it.

    Args:
        runs: Stages in their order.
    """
    drawn = [run for run in runs if any(map(math.isfinite, run.values))]
    if not drawn:
        return ''
    names = list(dict.fromkeys(run.name for run in drawn))
    panels, left = [], 0.0
    for run, width in zip(drawn, _widths([len(run.values) for run in drawn])):
        colour = _COLOURS[names.index(run.name) % len(_COLOURS)]
        panels.append(_panel(run, left, width, colour))
        left += width + _GAP
    total = sum(len(run.values) for run in drawn)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" class="mgp-curve" aria-label="objective '
        f'of {", ".join(map(html.escape, names))}: {total} iterations"><g font-size="11" '
        f'fill="currentColor">{"".join(panels)}</g></svg>'
    )


def _widths(lengths: Sequence[int]) -> list[float]:
    """Widths of panels, by their iterations, so that the words below each find room."""
    room = _WIDTH - _GAP * (len(lengths) - 1)
    least = min(_LEAST, room / len(lengths))
    rest = room - least * len(lengths)
    return [least + rest * length / sum(lengths) for length in lengths]


def _panel(run: Run, left: float, width: float, colour: str) -> str:
    finite = [value for value in run.values if math.isfinite(value)]
    is_log = min(finite) > 0 and max(finite) > 3 * min(finite)
    scale = math.log10 if is_log else float
    low, high = scale(min(finite)), scale(max(finite))
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    base = _HEIGHT - _BOTTOM
    last = len(run.values) - 1
    step = max(1, len(run.values) // _MOST_POINTS)
    places = [
        f'{left + 3 + (width - 6) * i / max(1, last):.1f},'
        f'{base - 4 - (base - _TOP - 8) * (scale(v) - low) / (high - low):.1f}'
        for i, v in enumerate(run.values)
        if math.isfinite(v) and (i % step == 0 or i == last)
    ]
    x, y = places[-1].split(',')
    # One below the other: a panel of a few iterations is narrower than both.
    values = [f'{finite[0]:.3g}', *(f'→ {v:.3g}' for v in finite[1:][-1:])]
    middle = f'{left + width / 2:.1f}'
    return (
        f'<rect x="{left:.1f}" y="{_TOP}" width="{width:.1f}" height="{base - _TOP}" rx="4" '
        f'fill="currentColor" opacity=".06"/>'
        f'<polyline points="{" ".join(places)}" fill="none" stroke="{colour}" stroke-width="2" '
        f'stroke-linejoin="round"/><circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>'
        f'<text x="{middle}" y="{_TOP - 8}" text-anchor="middle" fill="{colour}">'
        f'{html.escape(run.name)}</text>'
        f'<text x="{middle}" y="{base + 15}" text-anchor="middle">{len(run.values)}×</text>'
        + ''.join(
            f'<text x="{middle}" y="{base + 30 + 13 * line}" text-anchor="middle" font-size="10">'
            f'{value}</text>'
            for line, value in enumerate(values)
        )
    )
