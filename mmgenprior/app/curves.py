"""The objective of a search as a curve that a browser draws."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from mmgenprior.app.searching import Run

_WIDTH, _HEIGHT = 520, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 10, 12, 44
# Colours that differ for colour-blind eyes, on white and on black (Okabe and Ito).
_COLOURS = ('#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9')
_MOST_POINTS = 400


def curve(runs: Sequence[Run]) -> str:
    """Objective over iterations as SVG, one colour a stage.

    The axis is logarithmic where all values are positive.

    Args:
        runs: Stages in their order.
    """
    finite = [v for run in runs for v in run.values if math.isfinite(v)]
    if not finite:
        return ''
    is_log = min(finite) > 0 and max(finite) > 3 * min(finite)
    scale = math.log10 if is_log else float
    low, high = scale(min(finite)), scale(max(finite))
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    total = max(2, sum(len(run.values) for run in runs))

    def x_of(index: int) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * index / (total - 1)

    def y_of(value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (high - scale(value)) / (high - low)

    drawn, legend, begin = [], [], 0
    for number, run in enumerate(runs):
        colour = _COLOURS[number % len(_COLOURS)]
        step = max(1, len(run.values) // _MOST_POINTS)
        places = [
            f'{x_of(begin + i):.1f},{y_of(v):.1f}'
            for i, v in enumerate(run.values)
            if math.isfinite(v) and (i % step == 0 or i == len(run.values) - 1)
        ]
        if len(places) == 1:
            x, y = places[0].split(',')
            drawn.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>')
        else:
            drawn.append(
                f'<polyline points="{" ".join(places)}" fill="none" stroke="{colour}" '
                'stroke-width="2" stroke-linejoin="round"/>'
            )
        legend.append(f'<tspan fill="{colour}" dx="10">● {html.escape(run.name)}</tspan>')
        begin += len(run.values)
    return _frame([*_levels(low, high, is_log, y_of), *drawn], ''.join(legend), total, min(finite))


def _levels(low: float, high: float, is_log: bool, y_of) -> list[str]:
    """Lines across with their numbers: powers of ten, or four steps."""
    if is_log and math.floor(high) - math.ceil(low) >= 1:
        first, last = math.ceil(low), math.floor(high)
        values = [10.0**p for p in range(first, last + 1, max(1, (last - first) // 4))]
    else:
        places = [low + (high - low) * i / 3 for i in range(4)]
        values = [10**p for p in places] if is_log else places
    return [
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y_of(v):.1f}" y2="{y_of(v):.1f}" '
        f'stroke="currentColor" opacity=".15"/><text x="{_LEFT - 6}" y="{y_of(v) + 4:.1f}" '
        f'text-anchor="end">{v:.3g}</text>'
        for v in values
    ]


def _frame(drawn: list[str], legend: str, total: int, least: float) -> str:
    base = _HEIGHT - _BOTTOM
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" class="mgp-curve" '
        f'aria-label="objective, {least:.3g} at least after {total} iterations">'
        f'<g font-size="12" fill="currentColor">{"".join(drawn)}'
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{base}" y2="{base}" '
        f'stroke="currentColor" opacity=".5"/>'
        f'<text x="{_LEFT}" y="{base + 16}">1</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="{base + 16}" text-anchor="end">{total} iterations</text>'
        f'<text x="{_LEFT - 10}" y="{base + 36}">objective:{legend}</text></g></svg>'
    )
