"""The curves as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

_TITLES = {
    'curves-dcgan64': 'toy faces, ×4, DCGAN',
    'curves-began64': 'real faces, ×4, BEGAN',
}


def draw_curves(results: Sequence[dict[str, Any]], path: str | PathLike) -> None:
    """One row for each case, one panel for each measure, seconds on a logarithmic axis.

    Args:
        results: Of :func:`mmgenprior.benchmark.curves.measure_curves`.
        path: The picture to write.
    """
    from matplotlib.figure import Figure

    measures = [list(next(iter(r['curves'].values())))[1:] for r in results]
    width = max(map(len, measures))
    figure = Figure(figsize=(5 * width, 3.4 * len(results)), layout='constrained')
    panels = figure.subplots(len(results), width, squeeze=False)
    for row, result, names in zip(panels, results, measures):
        for axes, measure in zip(row, names):
            for label, values in result['curves'].items():
                axes.plot(values['seconds'], values[measure], label=label, marker='.')
            axes.set_xscale('log')
            axes.set_xlabel('seconds an image')
            axes.set_ylabel('PSNR (dB)' if measure == 'PSNR' else measure)
            axes.grid(alpha=0.3, which='both')
            axes.set_title(f'{_TITLES[result["case"]]}, {result["images"]} images', fontsize=10)
        for axes in row[len(names) :]:
            axes.set_axis_off()
        row[0].legend(fontsize=8)
    figure.savefig(path, dpi=120)
