"""What was measured where, and the tables of it."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

import mmgenprior
from mmgenprior.benchmark.cases import kind_of
from mmgenprior.benchmark.tables import curves_table, quality_table, steps_table

_TABLES = dict(step=steps_table, quality=quality_table, curves=curves_table)


def machine(device: str) -> dict[str, Any]:
    """What the numbers depend on."""
    kind = torch.device(device)
    name = torch.cuda.get_device_name(kind) if kind.type == 'cuda' else _processor()
    return dict(
        device=name,
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        python=platform.python_version(),
        mmgenprior=mmgenprior.__version__,
    )


def _processor() -> str:
    info = Path('/proc/cpuinfo')
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith('model name'):
                return line.split(':', 1)[1].strip()
    return platform.processor() or platform.machine()


def show(results: list[dict[str, Any]]) -> None:
    """Print a table of every kind that was measured."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)  # a file has no margin
    for kind, table in _TABLES.items():
        own = [r for r in results if kind_of(r['case']) == kind]
        if own:
            console.print(table(own))
