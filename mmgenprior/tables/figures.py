"""The figures of a table, drawn from its numbers."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np

_LABELS = {
    'Sigma': 'standard deviation of the noise (of 255)',
    'generated/PSNR': 'PSNR of the prior (dB)',
    'MeanPhi': 'mean of φ',
}


def draw(results: Mapping[str, Any]) -> bytes | None:
    """PNG of the figure that a table asks for; None where it asks for none, or has no number."""
    kind = (results.get('figure') or {}).get('kind')
    if kind == 'curves':
        return _curves(results)
    return _points(results) if kind == 'points' else None


def _curves(results: Mapping[str, Any]) -> bytes | None:
    """One line for each column over the rows, with its intervals."""
    from matplotlib.figure import Figure

    told = results['figure']
    places = {row['row']: row['x'] for row in results['rows']}
    figure = Figure(figsize=(6, 4), layout='constrained')
    axes = figure.subplots()
    drawn = False
    for column in results['columns']:
        points = [
            (places[cell['row']], cell['numbers'][told['y']])
            for cell in results['cells']
            if cell['column'] == column and told['y'] in (cell.get('numbers') or {})
        ]
        if not points:
            continue
        drawn = True
        x = [place for place, _ in points]
        values = np.array([[n['value'], *_ends(n)] for _, n in points], dtype=np.float64)
        axes.plot(x, values[:, 0], marker='o', markersize=4, label=column)
        axes.fill_between(x, values[:, 1], values[:, 2], alpha=0.15)
    if not drawn:
        return None
    if told.get('log'):
        axes.set_yscale('log')
    axes.set_xlabel(told['x'])
    axes.set_ylabel(told['y'])
    axes.grid(alpha=0.3, which='both')
    axes.legend(fontsize=8)
    return _png(figure)


def _ends(number: Mapping[str, Any]) -> tuple[float, float]:
    low, high = number['low'], number['high']
    return (number['value'], number['value']) if low is None else (low, high)


def _points(results: Mapping[str, Any]) -> bytes | None:
    """One panel for each thing that may be followed, one cloud for each row."""
    from matplotlib.figure import Figure

    told = results['figure']
    clouds = [c for c in results['points'] if c['values'].get(told['y'])]
    if not clouds:
        return None
    figure = Figure(figsize=(4.5 * len(told['x']), 3.6), layout='constrained')
    panels = figure.subplots(1, len(told['x']), squeeze=False)[0]
    for axes, name in zip(panels, told['x']):
        for cloud in clouds:
            x, y = cloud['values'].get(name), cloud['values'][told['y']]
            if x and len(x) == len(y):
                axes.scatter(x, y, s=18, label=f'{cloud["row"]}{_correlation(x, y)}')
        axes.set_xlabel(_LABELS.get(name, name))
        axes.set_ylabel(_LABELS.get(told['y'], told['y']))
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    return _png(figure)


def _correlation(x: list[float], y: list[float]) -> str:
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return ''
    return f', r = {np.corrcoef(x, y)[0, 1]:.2f}'


def _png(figure: Any) -> bytes:
    content = io.BytesIO()
    # Without the version of the library, so that equal numbers are equal bytes.
    figure.savefig(content, format='png', dpi=110, metadata={'Software': None})
    return content.getvalue()
