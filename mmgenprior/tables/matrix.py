"""The matrix of experiments: what configs/papers/*.yml say, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from mmgenprior.config_lookup import config_folders
from mmgenprior.tables.python_text import MatrixError, config_text
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.plain import merged

# What a row says where no layer says otherwise.
DEFAULTS = dict(
    bases=['_base_/data/<data>.py', '_base_/degradations/<degradation>.py', '_base_/<base>.py'],
    degradation='<setting>',
)
# What a row says where a degradation is among its bases.
DEGRADED = dict(test_dataloader=dict(dataset=dict(degradation='_base_.degradation')))


def matrix_configs() -> Path:
    """The folder ``configs`` that holds the matrix, in ``papers``.

    Raises:
        UserError: If there is none.
    """
    for folder in config_folders():
        if (folder / 'papers').is_dir():
            return folder
    raise UserError(
        'there is no folder configs/papers: run this in a clone, or install the package whole'
    )


def read_matrix(path: Path) -> dict:
    """A file of papers/, whose parts are all there."""
    matrix = yaml.safe_load(path.read_text(encoding='utf-8'))
    for part in ('methods', 'data', 'settings', 'experiments'):
        if part not in matrix:
            raise MatrixError(f"{path.name}: there is no '{part}'")
    for data, settings in (matrix.get('numbers') or {}).items():
        for setting, methods in settings.items():
            for method in methods:
                if not any(
                    data in e['data'] and setting in e['settings'] and method in e['methods']
                    for e in matrix['experiments']
                ):
                    raise MatrixError(f'{path.name}: numbers of {method}_{data}_{setting}, no row')
    return matrix


def rows(path: Path) -> Iterator[dict]:
    """Every row of a matrix: its name, collection, config text, what that is made of, numbers."""
    matrix = read_matrix(path)
    for number, experiment in enumerate(matrix['experiments'], start=1):
        where = f'{path.name}, experiment {number}'
        for part in ('data', 'settings', 'methods'):
            if not isinstance(experiment.get(part), list):
                raise MatrixError(f"{where}: '{part}' must be a list of names")
        for data in experiment['data']:
            for setting in experiment['settings']:
                for method in experiment['methods']:
                    yield make_row(matrix, experiment, method, data, setting, where)


def make_row(
    matrix: dict, experiment: dict, method: str, data: str, setting: str, where: str
) -> dict:
    """One row of a matrix."""
    name = f'{method}_{data}_{setting}'
    layers = [matrix.get('defaults') or {}]
    for part, key in (('methods', method), ('data', data), ('settings', setting)):
        if key not in matrix[part]:
            raise MatrixError(f"{where}: '{key}' is none of {', '.join(matrix[part])}")
        layers.append(matrix[part][key] or {})
    layers.append(experiment)
    row = DEFAULTS
    for layer in layers:
        row = merged(row, layer)
        for key, special in (layer.get('with') or {}).items():
            if key in (method, data, setting):
                row = merged(row, special)
    if any('/degradations/' in base for base in row['bases']):
        row = merged(DEGRADED, row)
    words = {key: value for key, value in row.items() if isinstance(value, (str, int, float))}
    words.update(method=method, data=data, setting=setting)
    for part, layer in zip(('method', 'data', 'setting'), layers[1:]):
        words[f'{part}.title'] = layer.get('title', '')
    numbers = matrix.get('numbers') or {}
    for key in (data, setting, method):
        numbers = numbers.get(key) or {}
    where = f'{where}, {name}'
    return dict(
        name=name,
        collection=row.get('collection'),
        text=config_text(row, words, where),
        numbers=numbers,
        weights=row.get('weights'),
        on_demand=bool(experiment.get('on_demand')),
        row=row,
        words=words,
        where=where,
    )
