"""From the results of each image to the numbers of a run.

A plan says of each metric how its results are averaged; it is data, so that numbers can be had
without the metric's own code:

============  ====================================================================
``kind``      what it is
============  ====================================================================
mean          mean, times ``scaling``, of ``names``
present       mean of every number, over the images that have it
percent       share of the images, in percent
pooled_psnr   PSNR of the mean squared error
own           the metric's own ``compute_metrics``
============  ====================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Row = Mapping[str, Any]
Results = Sequence[Mapping[str, float]]
# Averages the results of the metric of a number, under its name without the prefix.
Compute = Callable[[int, Results], dict[str, float]]

# Name, among the variants, of the measurement itself.
MEASUREMENT = 'measurement'


def mean(results: Results, names: Sequence[str], scaling: float = 1) -> dict[str, float]:
    """As MMagic averages, number by number in the order of the images."""
    found = {}
    for name in names:
        total = 0
        for result in results:
            total += result[name] * 1
        found[name] = total / len(results) * scaling
    return found


def present(results: Results) -> dict[str, float]:
    """Means over the images that have the number."""
    names = list(dict.fromkeys(name for result in results for name in result))
    return {n: float(np.mean([r[n] for r in results if n in r])) for n in names}


def percent(results: Results) -> dict[str, float]:
    """Shares of the images, in percent."""
    return {name: 100 * float(np.mean([r[name] for r in results])) for name in results[0]}


def pooled_psnr(results: Results, name: str) -> dict[str, float]:
    """PSNR of the mean squared error; infinite if every image is exact."""
    mse = np.mean([result[name] for result in results], dtype=np.float64)
    return {name: float('inf') if mse == 0 else float(10 * np.log10(255.0**2 / mse))}


def needs_metrics(plans: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a plan asks for the code of a metric."""
    return any(plan.get('kind') not in _KINDS for plan in plans)


def by_plan(plans: Sequence[Mapping[str, Any]]) -> Compute:
    """Averages of metrics whose plans are enough."""
    return lambda number, results: _KINDS[plans[number]['kind']](plans[number], results)


_KINDS: dict[str, Callable[[Mapping[str, Any], Results], dict[str, float]]] = {
    'mean': lambda plan, results: mean(results, plan['names'], plan['scaling']),
    'present': lambda plan, results: present(results),
    'percent': lambda plan, results: percent(results),
    'pooled_psnr': lambda plan, results: pooled_psnr(results, plan['names'][0]),
}


def aggregate(
    rows: Sequence[Row],
    plans: Sequence[Mapping[str, Any]],
    aliases: Mapping[str, str],
    compute: Compute,
) -> dict[str, float]:
    """Numbers of the rows: ``<variant>/<name>``, and ``<name>`` of the main variant.

    Args:
        rows: Of images, by key.
        plans: One for each metric, with its ``prefix``.
        aliases: Further names of results.
        compute: See :data:`Compute`.
    """
    metrics: dict[str, float] = {}
    for variant in variant_names(rows):
        for number, plan in enumerate(plans):
            results = [row['results'][variant][number] for row in rows if variant in row['results']]
            results = [result for result in results if result is not None]
            values = compute(number, results) if results else {}
            prefix = f'{plan["prefix"]}/' if plan.get('prefix') else ''
            for name, value in values.items():
                value = float(np.float64(value))
                metrics[f'{variant}/{prefix}{name}'] = value
                if variant == rows[0]['main']:
                    metrics[prefix + name] = value
    return metrics | {a: metrics[n] for a, n in aliases.items() if n in metrics}


def variant_names(rows: Sequence[Row]) -> list[str]:
    """Names of the variants in the rows: the measurement first, then in the method's order."""
    names: list[str] = []
    for row in rows:
        names += [name for name in row['results'] if name not in names]
    return sorted(names, key=lambda name: name != MEASUREMENT)


def main_first(metrics: Mapping[str, float], rows: Sequence[Row]) -> dict[str, float]:
    """Metrics of the main variant first, then each variant's."""
    variants = variant_names(rows)
    prefixed = [n for v in variants for n in metrics if n.startswith(f'{v}/')]
    plain = [n for n in metrics if n not in set(prefixed)]
    return {name: metrics[name] for name in [*plain, *prefixed]}
