"""A table as one page that needs no other file."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from mmgenprior.ledger.averaging import MEASUREMENT
from mmgenprior.tables.finished import Finished
from mmgenprior.tables.markdown import markdown
from mmgenprior.tables.plan import Plan
from mmgenprior.tables.text import cells_by_place, heading
from mmgenprior.visualization.panels import panel_size, side_by_side

# Side of a picture on the page, and how many images of a row are shown.
_SIDE = 96
_IMAGES = 2
_PER_LINE = 10
_QUALITY = 90
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; }
body { padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; } h3 { font-size: 1.05rem; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid #d8d8d8; padding: .35rem .5rem; white-space: nowrap; }
th, td { font-size: 13px; }
th, td { text-align: right; vertical-align: top; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid #555; }
td { font-variant-numeric: tabular-nums; }
img { max-width: 100%; display: block; margin: .4rem 0; image-rendering: pixelated; }
code { background: #f2f2f2; padding: 0 .2em; }
"""


def page(
    plan: Plan,
    results: Mapping[str, Any],
    runs: Mapping[str, Finished],
    seconds: Mapping[str, float],
    about: Mapping[str, Any],
    figure: bytes | None,
) -> str:
    """HTML with the numbers, the figure and pictures of every row in it.

    Args:
        plan: The table.
        results: Of :func:`mmgenprior.tables.results.collect`.
        runs: Name of a config → its finished run.
        seconds: Name of a config → seconds an image.
        about: ``date`` and ``commit`` of the runs.
        figure: PNG of its figure; None where it has none.
    """
    title = html.escape(heading(results))
    body = _to_html(markdown(results, seconds, about).split('\n', 2)[2])
    parts = [f'<h1>{title}</h1>', body]
    if figure:
        parts.append(_image(figure, 'png', title))
    pictures = [part for row in plan.rows for part in _pictures(plan, results, runs, row)]
    if pictures:
        parts += ['<h2>Pictures</h2>', *pictures]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n'
        + '\n'.join(parts)
        + '\n</body>\n</html>\n'
    )


def _pictures(
    plan: Plan, results: Mapping[str, Any], runs: Mapping[str, Finished], row: str
) -> list[str]:
    """The first images of a row: measurement, every column, truth."""
    places = cells_by_place(results)
    cells = [places[row, column] for column in plan.columns]
    shown = [cell for cell in cells if cell.get('config') in runs and cell.get('numbers')]
    if not shown:
        return []
    common = set.intersection(*(set(runs[cell['config']].keys) for cell in shown))
    parts = []
    for key in sorted(common)[:_IMAGES]:
        first = runs[shown[0]['config']]
        panels = [('measurement', first.picture(key, MEASUREMENT))]
        for cell in shown:
            picture = runs[cell['config']].picture(key, cell['variant'])
            panels.append((_caption(runs, cell, key), picture))
        panels.append(('truth', first.picture(key, 'truth')))
        told = [(label, picture) for label, picture in panels if picture is not None]
        if len(told) < 2:
            continue
        truth = told[-1][1]
        size = panel_size(*truth.shape[:2], smallest=_SIDE * 4 // 3, largest=_SIDE * 2)
        parts += [
            _image(_webp(side_by_side(told[at : at + _PER_LINE], size)), 'webp', f'{row}: {key}')
            for at in range(0, len(told), _PER_LINE)
        ]
    return [f'<h3>{html.escape(row)}</h3>', *parts] if parts else []


def _caption(runs: Mapping[str, Finished], cell: Mapping[str, Any], key: str) -> str:
    numbers = runs[cell['config']].numbers('PSNR', cell['variant'])
    if numbers is None or key not in numbers.keys:
        return cell['column']
    return f'{cell["column"]} {numbers.values[numbers.keys.index(key)]:.1f} dB'


def _webp(picture: np.ndarray) -> bytes:
    ok, data = cv2.imencode('.webp', picture, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
    if not ok:
        raise ValueError(f'OpenCV cannot encode a picture of shape {picture.shape}')
    return data.tobytes()


def _image(data: bytes, kind: str, alt: str) -> str:
    text = base64.b64encode(data).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/{kind};base64,{text}">'


# --------------------------------------------------------------------------- Markdown of ours alone


def _to_html(text: str) -> str:
    """The Markdown that :mod:`.markdown` writes, and no other."""
    parts, lines = [], text.split('\n')
    while lines:
        line = lines.pop(0)
        if line.startswith('|'):
            block = [line]
            while lines and lines[0].startswith('|'):
                block.append(lines.pop(0))
            parts.append(_table(block))
        elif line.startswith('- '):
            items = [line]
            while lines and lines[0].startswith('- '):
                items.append(lines.pop(0))
            parts.append('<ul>' + ''.join(f'<li>{_inline(i[2:])}</li>' for i in items) + '</ul>')
        elif line.startswith('#'):
            level = len(line) - len(line.lstrip('#'))
            parts.append(f'<h{level}>{_inline(line[level:].strip())}</h{level}>')
        elif line:
            parts.append(f'<p>{_inline(line)}</p>')
    return '\n'.join(parts)


def _table(block: Sequence[str]) -> str:
    rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in block]
    head = ''.join(f'<th>{_inline(cell)}</th>' for cell in rows[0])
    body = ''.join(
        '<tr>' + ''.join(f'<td>{_inline(cell)}</td>' for cell in row) + '</tr>\n'
        for row in rows[2:]
    )
    return f'<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>'


def _inline(text: str) -> str:
    text = html.escape(text, quote=False).replace('&lt;br&gt;', '<br>')
    text = re.sub(r'\*\*(.+?)\*\*', r'<strong>\1</strong>', text)
    return re.sub(r'`(.+?)`', r'<code>\1</code>', text)
