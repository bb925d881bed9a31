"""What a table is made of: rows, columns, and the run that stands behind each cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmgenprior.tables.matrix import MatrixError, read_matrix, rows
from mmgenprior.utils.errors import ConfigError
from mmgenprior.utils.names import nearest

# Data in reach, and what else they are called.
ALIASES = {'faces64': 'celeba64'}
PAPER = 'paper'
_ROW_KEYS = {'row', 'data', 'setting', 'x', 'beside', 'noisy'}
_COLUMN_KEYS = {'column', 'method', 'setting', 'variant', 'printed', 'numbers', 'without'}
_COLUMN_KEYS |= {'prefix', 'suffix', 'slow'}
_TABLE_KEYS = {
    *('title', 'source', 'note', 'images', 'metrics', 'rows', 'columns', 'reach'),
    *('against', 'figure', 'keep_baselines'),
}


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        row: Name of its row.
        column: Name of its column.
        run: Name of the config whose run tells it; None where there is none.
        variant: Of that run's images; None is the result itself.
        why: In one line, why there is no run; None of what the paper alone prints.
        printed: Name → what the paper prints here.
    """

    row: str
    column: str
    run: str | None
    variant: str | None
    why: str | None
    printed: Mapping[str, float]


@dataclass(frozen=True)
class Plan:
    """A table, on the paper's own data or on others.

    Attributes:
        paper: Name of the file of ``configs/papers/``.
        table: Its name there, e.g. ``'2'`` or ``'figure2'``.
        on: ``'paper'``, or the data that takes the place of the paper's.
        title: What it shows.
        source: Where the paper has it.
        note: What else a reader must know.
        images: How many the paper's numbers are over.
        metrics: The paper's name of a number → ours.
        rows: Their names; the value is where they stand on a figure's axis, or None.
        beside: Row → the row of the paper whose numbers stand beside it.
        columns: Their names.
        cells: Row by row.
        against: The column that all others are compared with, image by image; or None.
        figure: How its numbers are drawn; or None.
        keep_baselines: Whether the runs keep what their configs restore besides.
        slow: Configs of methods that take a minute an image and more.
        noisy: Rows whose measurement has noise: a residual below it is none of a better method.
    """

    paper: str
    table: str
    on: str
    title: str
    source: str
    note: str
    images: int | None
    metrics: Mapping[str, str]
    rows: Mapping[str, float | None]
    beside: Mapping[str, str]
    columns: Sequence[str]
    cells: Sequence[Cell]
    against: str | None = None
    figure: Mapping[str, Any] | None = None
    keep_baselines: bool = False
    slow: frozenset[str] = frozenset()
    noisy: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """A name for files."""
        return f'{self.paper}_{self.table}' + (f'_{self.on}' if self.on != PAPER else '')

    @property
    def runs(self) -> list[str]:
        """Names of the configs, each once, in the order of the rows."""
        return list(dict.fromkeys(cell.run for cell in self.cells if cell.run))


@dataclass(frozen=True)
class Papers:
    """All that ``configs/papers/`` says.

    Attributes:
        tables: Paper → table → its description.
        rows: Name of a config → its row of the matrix, see :func:`.matrix.rows`.
    """

    tables: Mapping[str, Mapping[str, Any]]
    rows: Mapping[str, Mapping[str, Any]]
    titles: Mapping[str, str] = field(default_factory=dict)

    def find(self, paper: str, table: str | None) -> list[str]:
        """Names of the tables of a paper, or the one that is meant by ``2`` or ``figure2``.

        Raises:
            ConfigError: If there is no such paper or table, naming those that there are.
        """
        if paper not in self.tables:
            raise ConfigError(
                f"there are no tables of '{paper}'{nearest(paper, self.tables)}: use one of "
                f'{", ".join(self.tables)}'
            )
        known = list(self.tables[paper])
        if table is None:
            return known
        wanted = table.lower().replace(' ', '').removeprefix('table').removeprefix('_')
        if wanted not in known:
            raise ConfigError(f"{paper} has no table '{table}': it has {', '.join(known)}")
        return [wanted]

    def data_of(self, paper: str, table: str) -> list[str]:
        """What a table can be made on: its own data, and those in reach."""
        told = self.tables[paper][table]
        return [PAPER] * bool(told.get('rows')) + list(told.get('reach') or {})


def read_papers(folder: Path) -> Papers:
    """Read all files of ``configs/papers/``.

    Raises:
        MatrixError: If a table has a part that means nothing.
    """
    tables, found, titles = {}, {}, {}
    for path in sorted(folder.glob('*.yml')):
        matrix = read_matrix(path)
        if matrix.get('tables'):
            tables[path.stem] = {str(name): told for name, told in matrix['tables'].items()}
            titles[path.stem] = matrix.get('title') or _title(matrix) or path.stem
            for name, told in tables[path.stem].items():
                _check(f'{path.name}, table {name}', told)
        for row in rows(path):
            found[row['name']] = row
    return Papers(tables, found, titles)


def _title(matrix: Mapping[str, Any]) -> str | None:
    collections = matrix.get('collections') or [{}]
    return (collections[0].get('Paper') or {}).get('Title')


def _check(where: str, told: Mapping[str, Any]) -> None:
    """Name the first word of a table that nothing reads."""
    lists = [('row', _ROW_KEYS, told.get('rows') or [])]
    lists += [('row', _ROW_KEYS, listed) for listed in (told.get('reach') or {}).values()]
    lists.append(('column', _COLUMN_KEYS, told['columns']))
    unknown = set(told) - _TABLE_KEYS
    for what, keys, items in lists:
        for item in items:
            unknown |= set(item) - keys
            if what not in item:
                raise MatrixError(f"{where}: a {what} has no '{what}', its name")
    if unknown:
        raise MatrixError(f"{where}: '{sorted(unknown)[0]}' means nothing here")
    names = {row['row'] for row in told.get('rows') or ()}
    for data, listed in (told.get('reach') or {}).items():
        for row in listed:
            if names and row.get('beside', next(iter(names))) not in names:
                raise MatrixError(f"{where}, on {data}: '{row['beside']}' is no row of the paper's")


def make_plan(papers: Papers, paper: str, table: str, on: str = PAPER) -> Plan:
    """The plan of a table.

    Args:
        papers: See :func:`read_papers`.
        paper: Name of its file.
        table: Its name there.
        on: ``'paper'`` for the paper's own data, or data in reach.

    Raises:
        ConfigError: If it cannot be made on these data, naming what it can.
    """
    told = papers.tables[paper][table]
    on = ALIASES.get(on, on)
    if on not in papers.data_of(paper, table):
        can = ', '.join(papers.data_of(paper, table))
        raise ConfigError(f"--on '{on}': table {table} of {paper} can be made on {can}")
    own = {row['row']: row for row in told.get('rows') or ()}
    listed = list(own.values()) if on == PAPER else told['reach'][on]
    cells, slow = [], set()
    for row in listed:
        data = row.get('data') or on
        beside = row['row'] if on == PAPER else row.get('beside')
        for column in told['columns']:
            printed = _printed(papers, own.get(beside), column)
            cells.append(_cell(papers, row, column, data, printed))
            slow |= {cells[-1].run} if column.get('slow') else set()
    return Plan(
        paper=paper,
        table=table,
        on=on,
        title=told['title'],
        source=told.get('source', ''),
        note=told.get('note', ''),
        images=told.get('images'),
        metrics=told['metrics'],
        rows={row['row']: row.get('x') for row in listed},
        beside={row['row']: row['beside'] for row in listed if row.get('beside')},
        columns=[column['column'] for column in told['columns']],
        cells=cells,
        against=told.get('against'),
        figure=told.get('figure'),
        keep_baselines=bool(told.get('keep_baselines')),
        slow=frozenset(slow - {None}),
        noisy=frozenset(row['row'] for row in listed if row.get('noisy')),
    )


def _cell(
    papers: Papers, row: Mapping, column: Mapping, data: str, printed: Mapping[str, float]
) -> Cell:
    name, why = None, None
    told = column.get('without') or {}
    without = told.get(data) or told.get(row['setting'])
    if 'method' not in column:
        pass  # printed by the paper alone
    elif without:
        why = without
    else:
        name = _config(row, column, data)
        if name not in papers.rows:
            why, name = f'there is no config {name}', None
    return Cell(row['row'], column['column'], name, column.get('variant'), why, printed)


def _config(row: Mapping, column: Mapping, data: str) -> str:
    setting = column.get('setting') or row['setting']
    return (
        f'{column["method"]}_{data}_{column.get("prefix", "")}{setting}{column.get("suffix", "")}'
    )


def _printed(papers: Papers, row: Mapping | None, column: Mapping) -> dict[str, float]:
    """What the paper has in a cell, by its own names."""
    if row is None:
        return {}
    if 'numbers' in column:
        return dict(column['numbers'].get(row['row']) or {})
    if 'method' not in column:
        return {}
    name = _config(row, column, row['data'])
    numbers = papers.rows[name]['numbers'] if name in papers.rows else {}
    prefix = f'{column["printed"]}/' if 'printed' in column else ''
    return {
        key.removeprefix(prefix): value
        for key, value in numbers.items()
        if key.startswith(prefix) and '/' not in key.removeprefix(prefix)
    }
