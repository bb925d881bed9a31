"""The results on the terminal."""

from __future__ import annotations

from typing import Any

from rich.table import Table


def steps_table(results: list[dict[str, Any]]) -> Table:
    """Seconds a step and image of all cases that were measured by the step."""
    table = Table(title='seconds a step and image, ours and the plain loop in turns')
    columns = ('batch', 'ours', 'plain', 'plain ÷ ours', 'floor', 'ours ÷ floor', 'GFLOP')
    table.add_column('case')
    for column in (*columns, 'passes', 'memory (MB)', 'difference'):
        table.add_column(column, justify='right')
    for r in results:
        low, high = r['quartiles']
        seconds = r['seconds']
        table.add_row(
            r['case'].removeprefix('step-'),
            str(r['batch']),
            _number(seconds['ours']),
            _number(seconds['plain']),
            f'{r["ratio"]:.2f} ({low:.2f}–{high:.2f})',
            _number(seconds.get('floor')),
            _number(r.get('above_floor')),
            _number(r['flops'] / 1e9 if 'flops' in r else None),
            _sides({n: (f'{p["ours"]:.3g}', f'{p["plain"]:.3g}') for n, p in r['passes'].items()}),
            _memory(r.get('peak')),
            f'{r["difference"]:.0e}',
        )
    return table


def quality_table(results: list[dict[str, Any]]) -> Table:
    """How much sooner ours is where the plain loop ends."""
    table = Table(title='whole images: plain ÷ ours, medians')
    table.add_column('case')
    for column in (
        'plain (s)',
        'to its objective',
        'reached',
        'to its PSNR',
        'reached',
        'PSNR plain',
        'PSNR ours',
    ):
        table.add_column(column, justify='right')
    for r in results:
        images = len(r['images'])
        table.add_row(
            r['case'].removeprefix('quality-'),
            f'{r["plain_seconds"]:.1f}',
            f'{r["objective"]["whole"]:.1f} ({r["objective"]["first"]:.1f})',
            f'{r["objective"]["reached"]}/{images}',
            f'{r["psnr"]["whole"]:.1f} ({r["psnr"]["first"]:.1f})',
            f'{r["psnr"]["reached"]}/{images}',
            f'{r["plain_psnr"]:.2f}',
            f'{r["ours_psnr"]:.2f}',
        )
    table.caption = (
        "The plain loop's whole seconds ÷ ours to the level that it ends with; in brackets its "
        'seconds to the first time that it is there ÷ ours'
    )
    return table


def curves_table(results: list[dict[str, Any]]) -> Table:
    """Where every curve ends, and when it is within 0.1 dB of that."""
    table = Table(title='curves')
    for column in ('case', 'search'):
        table.add_column(column)
    for column in ('iterations', 'seconds', 'PSNR', 'LPIPS', 'seconds to 0.1 dB of it'):
        table.add_column(column, justify='right')
    for r in results:
        for label, values in r['curves'].items():
            end = values['PSNR'][-1]
            near = next(t for t, v in zip(values['seconds'], values['PSNR']) if v >= end - 0.1)
            lpips = values['LPIPS'][-1] if 'LPIPS' in values else None
            table.add_row(
                r['case'].removeprefix('curves-'),
                label,
                str(r['iterations'][label]),
                f'{values["seconds"][-1]:.2f}',
                f'{end:.2f}',
                '-' if lpips is None else f'{lpips:.3f}',
                f'{near:.2f}',
            )
    return table


def _number(value: float | None) -> str:
    return '-' if value is None else f'{value:.3g}'


def _memory(peak: dict[str, int] | None) -> str:
    if peak is None:
        return '-'
    return f'{peak["ours"] / 1e6:.0f} / {peak["plain"] / 1e6:.0f}'


def _sides(passes: dict[str, tuple[str, str]]) -> str:
    return ', '.join(f'{name} {ours} / {plain}' for name, (ours, plain) in passes.items())
