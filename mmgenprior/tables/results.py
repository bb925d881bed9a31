"""Ours beside theirs: the numbers of a table, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmgenprior.tables.finished import Finished, Numbers
from mmgenprior.tables.plan import Cell, Plan
from mmgenprior.tables.run_config import describe
from mmgenprior.tables.statistics import Estimate, correlation, estimate, verdict

# Digits that are kept: more than are shown, fewer than rounding leaves the same everywhere.
_DIGITS = 6
_CONSISTENCY = 'Consistency'


def collect(
    plan: Plan,
    runs: Mapping[str, Finished],
    reasons: Mapping[str, str],
    inception: str | None = None,
) -> dict[str, Any]:
    """The numbers of a table: a function of images, configs and seed alone.

    Args:
        plan: The table.
        runs: Name of a config → its finished run.
        reasons: Name of a config → why it has none.
        inception: Weights of Inception, for FID and KID of every cell; None leaves them out.

    Returns:
        What JSON can hold; no time, date or path is in it.
    """
    cells = [_cell(plan, cell, runs, reasons) for cell in plan.cells]
    of_sets = {} if inception is None else _judge_sets(cells, runs, inception)
    result = dict(
        paper=plan.paper,
        table=plan.table,
        on=plan.on,
        title=plan.title,
        source=plan.source,
        note=plan.note,
        images=plan.images,
        metrics={**plan.metrics, **of_sets},
        rows=[
            dict(row=row, x=x, beside=plan.beside.get(row, row if plan.on == 'paper' else None))
            for row, x in plan.rows.items()
        ],
        columns=list(plan.columns),
        cells=cells,
    )
    if plan.figure:
        result['figure'] = dict(plan.figure)
        if plan.figure['kind'] == 'points':
            result['points'] = [_points(plan, cell, runs) for cell in plan.cells]
    if plan.against:
        result['against'] = plan.against
        result['differences'] = differences(plan, runs)
    return result


def seconds_of(plan: Plan, runs: Mapping[str, Finished]) -> dict[str, float]:
    """Name of a config → seconds an image, which no other run repeats."""
    known = {name: runs[name].seconds for name in plan.runs if name in runs}
    return {name: _rounded(value) for name, value in known.items() if value is not None}


def per_image(plan: Plan, runs: Mapping[str, Finished]) -> list[dict[str, Any]]:
    """The raw numbers: one entry for each cell, metric by metric, image by image."""
    found = []
    for cell in plan.cells:
        run = runs.get(cell.run or '')
        for ours in _plain(plan):
            numbers = run.numbers(ours, cell.variant) if run else None
            if numbers is not None:
                values = numbers.average(numbers.values)
                found.append(
                    dict(
                        row=cell.row,
                        column=cell.column,
                        metric=ours,
                        images={k: _rounded(v) for k, v in zip(numbers.keys, values)},
                    )
                )
    return found


def _plain(plan: Plan) -> list[str]:
    """Metrics that are numbers of an image."""
    names = []
    for ours in plan.metrics.values():
        names += ours.removeprefix('r:').split(',') if ours.startswith('r:') else [ours]
    return list(dict.fromkeys(names))


def _cell(
    plan: Plan, cell: Cell, runs: Mapping[str, Finished], reasons: Mapping[str, str]
) -> dict[str, Any]:
    told: dict[str, Any] = dict(row=cell.row, column=cell.column, printed=dict(cell.printed))
    run = runs.get(cell.run or '')
    if run is None:
        why = cell.why or reasons.get(cell.run or '')
        return {**told, 'why': why} if why else told
    variant = run.variant(cell.variant)
    told['config'] = cell.run
    if variant is None:
        return {**told, 'why': f'this run makes no {cell.variant}'}
    numbers = {}
    for name, ours in plan.metrics.items():
        found = _estimate(run, ours, cell.variant)
        if found is not None:
            numbers[name] = _data(found)
    told.update(
        variant=variant, numbers=numbers, images=len(run.keys), **describe(run.head.settings)
    )
    if not numbers:
        told['why'] = f'none of {", ".join(plan.metrics)} applies to what it makes'
    return told


def _judge_sets(
    cells: list[dict[str, Any]], runs: Mapping[str, Finished], inception: str
) -> dict[str, str]:
    """Put FID and KID into the cells, or a note where they cannot be; their names."""
    from mmgenprior.evaluation import MetricUnavailable, fid_and_kid

    names: dict[str, str] = {}
    for cell in cells:
        if not cell.get('numbers'):
            continue
        run = runs[cell['config']]
        pairs = [(run.picture(k, 'truth'), run.picture(k, cell['variant'])) for k in run.keys]
        pairs = [(a[..., ::-1], b[..., ::-1]) for a, b in pairs if a is not None and b is not None]
        try:
            found = fid_and_kid([a for a, _ in pairs], [b for _, b in pairs], inception)
        except MetricUnavailable as error:
            cell['left_out'] = str(error)
            continue
        names = {name: name for name in found}
        for name, value in found.items():
            told = dict(value=_rounded(value), low=None, high=None, images=len(pairs))
            cell['numbers'][name] = told
    return names


def _estimate(run: Finished, ours: str, variant: str | None) -> Estimate | None:
    if ours.startswith('r:'):
        pair = [run.numbers(name, variant) for name in ours.removeprefix('r:').split(',')]
        if None in pair or pair[0].keys != pair[1].keys:
            return None
        return correlation(pair[0].values, pair[1].values)
    numbers = run.numbers(ours, variant)
    return None if numbers is None else estimate(numbers.values, numbers.average)


def _points(plan: Plan, cell: Cell, runs: Mapping[str, Finished]) -> dict[str, Any]:
    """Of a scatter plot: every name of its axes, image by image."""
    run = runs.get(cell.run or '')
    names = [*plan.figure['x'], plan.figure['y']]
    found = {name: run.numbers(name, cell.variant) if run else None for name in names}
    values = {
        name: [_rounded(value) for value in numbers.average(numbers.values)]
        for name, numbers in found.items()
        if numbers is not None
    }
    return dict(row=cell.row, column=cell.column, values=values)


def differences(plan: Plan, runs: Mapping[str, Finished]) -> list[dict[str, Any]]:
    """The column that all are compared with minus each other one, over the images of both.

    Numbers of sets of images (PSNR of a mean error, shares) have no difference of an image and are
    left out, and so is consistency under noise, which rewards drawing the noise.
    """
    ours = {cell.row: cell for cell in plan.cells if cell.column == plan.against}
    found = []
    for cell in plan.cells:
        mine = ours[cell.row]
        pair = runs.get(mine.run or ''), runs.get(cell.run or '')
        if cell.column == plan.against or None in pair:
            continue
        for name, metric in plan.metrics.items():
            if cell.row in plan.noisy and metric == _CONSISTENCY:
                continue
            both = pair[0].numbers(metric, mine.variant), pair[1].numbers(metric, cell.variant)
            if None not in both and {n.kind for n in both} <= {'mean', 'present'}:
                found += _difference(cell, name, metric, *both)
    return found


def _difference(cell: Cell, name: str, metric: str, a: Numbers, b: Numbers) -> list[dict]:
    keys = sorted(set(a.keys) & set(b.keys))
    if not keys:
        return []
    a, b = a.of_keys(keys), b.of_keys(keys)
    values = a.average(a.values) - b.average(b.values)
    if not np.isfinite(values).all():
        return []
    told = estimate(values, lambda means: means)
    return [
        dict(
            row=cell.row,
            column=cell.column,
            metric=name,
            **_data(told),
            verdict=verdict(told, metric),
        )
    ]


def _data(found: Estimate) -> dict[str, Any]:
    return dict(
        value=_rounded(found.value),
        low=None if found.low is None else _rounded(found.low),
        high=None if found.high is None else _rounded(found.high),
        images=found.images,
    )


def _rounded(value: float) -> float | str:
    """To :data:`_DIGITS` digits that mean something; JSON has no infinity."""
    return float(f'{value:.{_DIGITS}g}') if np.isfinite(value) else str(float(value))
