"""A table as Markdown and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from mmgenprior.tables.comparison import comparison_lines
from mmgenprior.tables.text import (
    cells_by_place,
    heading,
    intervals,
    notes,
    on_text,
    own_numbers,
    printed_numbers,
    reasons,
    table,
    what_was_run,
)
from mmgenprior.utils.names import listed

Seconds = Mapping[str, float]


def markdown(
    results: Mapping[str, Any], seconds: Seconds | None = None, about: Mapping | None = None
) -> str:
    """A table as Markdown, with what was run, what was not and why.

    Args:
        results: Of :func:`mmgenprior.tables.results.collect`.
        seconds: Name of a config → seconds an image; None leaves them out.
        about: ``date`` and ``commit`` of the runs; None leaves them out.
    """
    lines = [f'## {heading(results)}', '', f'On {on_text(results["on"])}.', '']
    if results.get('against'):
        lines += comparison_lines(results, seconds)
    else:
        lines += _grid(results, seconds)
    lines += [f'- {line}' for line in notes(results)]
    lines += [f'- {line}.' for line in what_was_run(results)]
    lines += [f'- No number: {listed(cells, 6)}: {why}.' for why, cells in reasons(results)]
    if about:
        lines.append(f'- {about_text(about)}')
    return '\n'.join(lines).rstrip() + '\n'


def about_text(about: Mapping[str, Any]) -> str:
    """When and by what the numbers were made."""
    commit = f', commit {about["commit"]}' if about.get('commit') else ''
    return f'Run on {about["date"]}{commit}; PyTorch {about["torch"]}, {about["machine"]}.'


def _grid(results: Mapping[str, Any], seconds: Seconds | None) -> list[str]:
    """Rows and columns as the paper has them; ours, their intervals, the paper's."""
    places = cells_by_place(results)
    rows = []
    for row in (told['row'] for told in results['rows']):
        cells = []
        for column in results['columns']:
            cell = places[row, column]
            parts = [f'**{own_numbers(results, cell)}**' if cell.get('numbers') else '–']
            parts += [intervals(results, cell)] * bool(intervals(results, cell))
            printed = printed_numbers(results, cell)
            parts += [f'paper {printed}'] * bool(printed)
            if seconds and cell.get('config') in seconds:
                parts.append(f'{seconds[cell["config"]]:.1f} s')
            cells.append('<br>'.join(parts))
        rows.append([row, *cells])
    which = ' / '.join(results['metrics'])
    also = ', seconds an image' if seconds else ''
    said = f'{which}: **ours**, its 95 % interval over the images, what the paper prints{also}.'
    return [said, '', *table(['', *results['columns']], rows), '']


def csv_text(results: Mapping[str, Any]) -> str:
    """One line for each cell and number: ours, its interval, the paper's."""
    text = io.StringIO()
    names = 'row column metric ours low high images paper config prior data seed why'.split()
    writer = csv.DictWriter(text, names, restval='', lineterminator='\n')
    writer.writeheader()
    for cell in results['cells']:
        told = {name: cell.get(name, '') for name in ('config', 'prior', 'data', 'seed', 'why')}
        for name in results['metrics']:
            number = (cell.get('numbers') or {}).get(name) or {}
            writer.writerow(
                dict(
                    row=cell['row'],
                    column=cell['column'],
                    metric=name,
                    ours=number.get('value', ''),
                    low=_blank(number.get('low')),
                    high=_blank(number.get('high')),
                    images=number.get('images', ''),
                    paper=cell['printed'].get(name, ''),
                    **told,
                )
            )
    return text.getvalue()


def _blank(value: float | None) -> float | str:
    return '' if value is None else value
