"""The files of a table.

``table.md``, ``table.csv``, ``numbers.json`` and the figure are a function of images, configs and
seed alone: the same bytes however often the work was interrupted. ``page.html`` and
``results.json`` also tell seconds, date and commit, which no other run repeats.
"""

from __future__ import annotations

import datetime
import json
import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mmgenprior
from mmgenprior.tables.figures import draw
from mmgenprior.tables.finished import Finished
from mmgenprior.tables.markdown import csv_text, markdown
from mmgenprior.tables.page import page
from mmgenprior.tables.plan import Plan
from mmgenprior.tables.results import collect, per_image, seconds_of
from mmgenprior.utils.files import write_atomically

ABOUT = 'about.json'


def write_table(
    plan: Plan,
    runs: Mapping[str, Finished],
    reasons: Mapping[str, str],
    about: Mapping[str, Any],
    folder: Path,
    inception: str | None = None,
) -> dict[str, Any]:
    """Write all files of a table.

    Args:
        plan: The table.
        runs: Name of a config → its finished run.
        reasons: Name of a config → why it has none.
        about: Of :func:`about_runs`.
        folder: Where to.
        inception: See :func:`mmgenprior.tables.results.collect`.

    Returns:
        What :func:`mmgenprior.tables.results.collect` makes of it.
    """
    results = collect(plan, runs, reasons, inception)
    seconds = seconds_of(plan, runs)
    figure = draw(results)
    texts = {
        'table.md': markdown(results),
        'table.csv': csv_text(results),
        'numbers.json': _json(dict(results, per_image=per_image(plan, runs))),
        'results.json': _json(dict(results, seconds=seconds, about=about)),
        'page.html': page(plan, results, runs, seconds, about, figure),
    }
    for name, text in texts.items():
        write_atomically(folder / name, text.encode())
    if figure:
        write_atomically(folder / 'figure.png', figure)
    return results


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + '\n'


def about_runs(folder: Path) -> dict[str, Any]:
    """When and by what the runs of a folder are made, as its first start noted it.

    Another day or commit of a later start is added, so that no number passes for one of the first.
    """
    path = folder / ABOUT
    now = dict(
        date=datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        commit=_commit(),
        torch=version('torch'),
        machine=f'{platform.system()} {platform.machine()}',
    )
    try:
        about = json.loads(path.read_text())
        known = {key: about[key] or '' for key in ('date', 'commit')}
    except (OSError, ValueError, KeyError, TypeError):
        about, known = now, {}
    for key, before in known.items():
        if now[key] and now[key] not in before:
            about[key] = f'{before}, {now[key]}' if before else now[key]
    write_atomically(path, _json(about).encode())
    return about


def _commit() -> str | None:
    """The commit of the clone, with ``+`` where files differ from it; None without a clone."""
    root = Path(mmgenprior.__file__).resolve().parents[1]
    if not (root / '.git').exists():
        return None
    try:
        said = [
            subprocess.run(
                ['git', '-C', str(root), *words], capture_output=True, text=True, check=True
            ).stdout.strip()
            for words in (['rev-parse', '--short=10', 'HEAD'], ['status', '--porcelain', '-uno'])
        ]
    except (OSError, subprocess.CalledProcessError):
        return None
    return said[0] + ('+' if said[1] else '')
