"""The table that ends a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

# Digits that mean something for the usual metrics; others get four significant ones.
_FORMATS = dict.fromkeys(('PSNR', 'PooledPSNR', 'RegionPSNR', 'DGP_PSNR', 'RMSE'), '.2f')
_FORMATS |= dict.fromkeys(('SSIM', 'RegionSSIM', 'DGP_SSIM', 'LPIPS', 'LPIPS_vgg'), '.4f')
_FORMATS |= dict.fromkeys(('AuC', 'AuC_8bit', 'top1', 'top5'), '.2f')
_FORMATS |= dict.fromkeys(('DGP_SSIM', 'Consistency', 'Identity'), '.4f')


def metrics_table(
    metrics: Mapping[str, float], variants: Sequence[str], main: str | None, title: str = ''
) -> Table | None:
    """Rows are variants, columns metrics.

    Args:
        metrics: ``<variant>/<metric>`` → number.
        variants: Rows, in this order.
        main: The variant that is the result; shown in bold.
        title: Above the table.

    Returns:
        A rich table; None if no variant has a metric.
    """
    columns: list[str] = []
    for variant in variants:
        for name in metrics:
            column = name.removeprefix(f'{variant}/')
            if name.startswith(f'{variant}/') and column not in columns:
                columns.append(column)
    if not columns:
        return None
    table = Table(title=title)
    table.add_column('')
    for column in columns:
        table.add_column(column, justify='right')
    for variant in variants:
        values = [number_text(column, metrics.get(f'{variant}/{column}')) for column in columns]
        table.add_row(variant, *values, style='bold' if variant == main else None)
    return table


def print_table(table: Table) -> None:
    """Print a table; a pipe has no width, and a cut table is worse than a wrapped one."""
    Console(width=max(Console().width, 120)).print(table)


def number_text(column: str, value: float | None) -> str:
    """A number in the digits that mean something for its metric; ``-`` where there is none."""
    if value is None:
        return '-'
    return format(value, _FORMATS.get(column.rsplit('/', 1)[-1], '.4g'))
