"""One method against all others: where it is behind is said first, and as loudly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmgenprior.tables.statistics import LEAST_TOLD_APART, more_is_better
from mmgenprior.tables.text import NONE, cells_by_place, interval, table, value_text
from mmgenprior.utils.names import listed

# Of a list, the largest first; the tables have all of them.
_MOST = 12
_SIGNS = {'ahead': '▲', 'behind': '▼', 'not told apart': '≈'}


def comparison_lines(results: Mapping[str, Any], seconds: Mapping[str, float] | None) -> list[str]:
    """Markdown: behind and ahead, then a table for each task."""
    against = results['against']
    lines = [
        f'Means with 95 % bootstrap intervals over the images. In brackets {against} minus the '
        f'other, image by image: ▼ {against} is behind, ▲ ahead, ≈ the interval of the difference '
        f'holds 0, or there are less than {LEAST_TOLD_APART} images.',
        '',
        *_tally(results),
        *_listing(results, 'behind'),
        *_worst_lines(results),
        *_listing(results, 'ahead'),
    ]
    places = cells_by_place(results)
    found = {(d['row'], d['column'], d['metric']): d for d in results['differences']}
    for row in (told['row'] for told in results['rows']):
        cells = {column: places[row, column] for column in results['columns']}
        shown = {column: cell for column, cell in cells.items() if cell.get('numbers')}
        if not shown:
            continue
        names = [n for n in results['metrics'] if any(n in c['numbers'] for c in shown.values())]
        head = ['', *names, *(['seconds'] if seconds else [])]
        most = max(cell['images'] for cell in shown.values())
        rows = []
        for column, cell in shown.items():
            texts = []
            for name in names:
                texts.append(_entry(results, cell, found.get((row, column, name)), name))
            if seconds:
                took = seconds.get(cell['config'])
                texts.append(NONE if took is None else f'{took:.2f}')
            label = f'**{column}**' if column == against else column
            if cell['images'] != most:
                label += f'<br>{cell["images"]} image{"s" * (cell["images"] != 1)}'
            rows.append([label, *texts])
        lines += [f'### {row}', '', *table(head, rows), '']
    return lines


def _entry(results: Mapping[str, Any], cell: Mapping, difference: Mapping | None, name: str) -> str:
    number = cell['numbers'].get(name)
    if number is None:
        return NONE
    ours = results['metrics'][name]
    text = value_text(ours, number['value'])
    if number['low'] is not None:
        text += f'<br>{interval(ours, number)}'
    if difference is not None:
        sign = _SIGNS[difference['verdict']]
        value = difference['value']
        text += f'<br>({"+" if value > 0 else ""}{value_text(ours, value)} {sign})'
    return text


def _tally(results: Mapping[str, Any]) -> list[str]:
    """How often it is behind, ahead, neither: by metric."""
    lines = []
    for name in results['metrics']:
        of_metric = [d['verdict'] for d in results['differences'] if d['metric'] == name]
        if of_metric:
            counts = [f'{of_metric.count(kind)} {kind}' for kind in ('behind', 'ahead')]
            lines.append(
                f'- {name}: {", ".join(counts)}, {of_metric.count("not told apart")} not told '
                f'apart, of {len(of_metric)} comparisons.'
            )
    return [*lines, ''] if lines else []


def _listing(results: Mapping[str, Any], kind: str) -> list[str]:
    """Every comparison of a verdict, the largest first, by metric."""
    against, lines = results['against'], []
    for name, ours in results['metrics'].items():
        found = [d for d in results['differences'] if (d['metric'], d['verdict']) == (name, kind)]
        found.sort(key=lambda d: -abs(d['value']))
        told = [f'{d["column"]} {value_text(ours, abs(d["value"]))} ({d["row"]})' for d in found]
        if told:
            better = 'higher' if more_is_better(ours) == (kind == 'ahead') else 'lower'
            lines.append(f'- {name}, {against} {better} than {listed(told, _MOST)}.')
    title = f'**Where {against} is {kind}**'
    return [title, '', *(lines or ['- Nowhere.']), '']


def _worst_lines(results: Mapping[str, Any]) -> list[str]:
    """The losses that no chance explains best, an item each."""
    found = worst(results)
    if not found:
        return []
    lines = []
    for loss in found:
        ours = results['metrics'][loss['metric']]
        lines.append(
            f'- {loss["row"]}, {loss["metric"]}: {loss["column"]} is better by '
            f'{value_text(ours, abs(loss["value"]))} ({interval(ours, loss)}).'
        )
    return ['**The worst losses, in widths of their interval**', '', *lines, '']


def worst(results: Mapping[str, Any], count: int = 3) -> list[Mapping[str, Any]]:
    """The comparisons with other methods that it loses by most, in widths of the interval.

    The width is what makes numbers of different units comparable.
    """
    places, against = cells_by_place(results), results['against']

    def of_another(found: Mapping[str, Any]) -> bool:
        row = found['row']
        return places[row, found['column']]['config'] != places[row, against]['config']

    behind = [d for d in results['differences'] if d['verdict'] == 'behind' and of_another(d)]

    def weight(found: Mapping[str, Any]) -> float:
        width = found['high'] - found['low']
        return abs(found['value']) / width if width else float('inf')

    return sorted(behind, key=weight, reverse=True)[:count]
