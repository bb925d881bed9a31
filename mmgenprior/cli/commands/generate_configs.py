"""Write the thin configs and the metafiles from configs/papers/*.yml, the matrix of experiments."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from mmgenprior.cli.arguments import add_debug
from mmgenprior.config_lookup import config_folders
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.catalogue import find_entry

WIDTH = 100
ASSIGNMENTS = (
    'model',
    'test_dataloader',
    'test_evaluator',
    'train_dataloader',
    'train_cfg',
    'param_scheduler',
    'optim_wrapper',
    'custom_hooks',
)
# What a row says where no layer says otherwise.
DEFAULTS = dict(
    bases=['_base_/data/<data>.py', '_base_/degradations/<degradation>.py', '_base_/<base>.py'],
    degradation='<setting>',
)
# What a row says where a degradation is among its bases.
DEGRADED = dict(test_dataloader=dict(dataset=dict(degradation='_base_.degradation')))
METAFILE_HEAD = """\
# Generated from {source} by tools/generate_configs.py. The numbers that the
# paper prints stand there and not here: as Results a model search would show them as those of
# these configs, which aim at them.
"""


class MatrixError(UserError):
    """The matrix is at fault; one line says where."""


def merge(below: dict, above: dict) -> dict:
    """``below`` with what ``above`` says; mappings are merged, all else is replaced."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = merge(old, value) if both else value
    return result


def fill(text: str, words: dict, where: str) -> str:
    """Replace every <word> of a text, also in what it is replaced by."""

    def replace(match: re.Match) -> str:
        if match[1] not in words:
            raise MatrixError(f'{where}: <{match[1]}> is no text of this row')
        return fill(str(words[match[1]]), words, where)

    return re.sub(r'<([a-z_]+(?:\.title)?)>', replace, text)


def fill_all(value: object, words: dict, where: str) -> object:
    """The same for all texts of nested mappings and lists."""
    if isinstance(value, dict):
        return {key: fill_all(item, words, where) for key, item in value.items()}
    if isinstance(value, list):
        return [fill_all(item, words, where) for item in value]
    return fill(value, words, where) if isinstance(value, str) else value


# --------------------------------------------------------------------------- Python as text


def inline(value: object) -> str:
    """Python of a value on one line; a text that names ``_base_.`` is Python already."""
    if isinstance(value, dict):
        return f'dict({", ".join(f"{key}={inline(item)}" for key, item in value.items())})'
    if isinstance(value, list):
        return f'[{", ".join(map(inline, value))}]'
    if isinstance(value, str) and '_base_.' in value:
        return value
    return repr(value)


def layout(head: str, value: object, tail: str = '', indent: int = 0) -> list[str]:
    """``head`` and a value on as few lines as the formatter makes of it."""
    space = ' ' * indent
    line = f'{space}{head}{inline(value)}{tail}'
    if len(line) <= WIDTH or not isinstance(value, (dict, list)):
        return [line]
    if isinstance(value, dict):
        items = [(f'{key}=', item) for key, item in value.items()]
        opening, closing = 'dict(', ')'
        body = f'{space}    {", ".join(name + inline(item) for name, item in items)}'
        if len(body) <= WIDTH:
            return [f'{space}{head}{opening}', body, f'{space}{closing}{tail}']
    else:
        items = [('', item) for item in value]
        opening, closing = '[', ']'
    lines = [line for name, item in items for line in layout(name, item, ',', indent + 4)]
    return [f'{space}{head}{opening}', *lines, f'{space}{closing}{tail}']


def config_text(row: dict, words: dict, where: str) -> str:
    """The thin config of a row."""
    bases = fill_all(row['bases'], words, where)
    bases = bases[0] if len(bases) == 1 else bases
    doc = fill(row['doc'], words, where).strip()
    end = '\n' if '\n' in doc else ''
    lines = [f'"""{doc}{end}"""', '', *layout('_base_ = ', bases)]
    for name in ASSIGNMENTS:
        value = fill_all(row.get(name), words, where)
        if isinstance(value, str):
            lines += [f'{name} = {value.strip()}']
        elif value is not None:
            lines += layout(f'{name} = ', value)
    return '\n'.join(lines) + '\n'


# --------------------------------------------------------------------------- the matrix


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
    """Every row of a matrix: its name, method, config text and the paper's numbers."""
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
        row = merge(row, layer)
        for key, special in (layer.get('with') or {}).items():
            if key in (method, data, setting):
                row = merge(row, special)
    if any('/degradations/' in base for base in row['bases']):
        row = merge(DEGRADED, row)
    words = {key: value for key, value in row.items() if isinstance(value, (str, int, float))}
    words.update(method=method, data=data, setting=setting)
    for part, layer in zip(('method', 'data', 'setting'), layers[1:]):
        words[f'{part}.title'] = layer.get('title', '')
    numbers = matrix.get('numbers') or {}
    for key in (data, setting, method):
        numbers = numbers.get(key) or {}
    text = config_text(row, words, f'{where}, {name}')
    return dict(
        name=name,
        collection=row.get('collection'),
        text=text,
        numbers=numbers,
        weights=row.get('weights'),
    )


def metafile_text(path: Path, models: list[dict]) -> str:
    """Collections and models of a matrix, without numbers."""
    entries = []
    for row in models:
        name, collection = row['name'], row['collection']
        entry = {'Name': name, 'In Collection': collection, 'Config': f'configs/{name}.py'}
        if row['weights']:
            prior = find_entry(row['weights'])
            entry['Weights'] = f'{prior.base}/{prior.file}'  # `mim download` fetches it
        entries.append(entry)
    content = dict(Collections=read_matrix(path)['collections'], Models=entries)
    dumped = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)
    return METAFILE_HEAD.format(source=f'configs/papers/{path.name}') + dumped


def generate(papers: Path) -> dict[str, str]:
    """Name below configs/ → text of every generated file."""
    files: dict[str, str] = {}
    for path in sorted(papers.glob('*.yml')):
        made = list(rows(path))
        for row in made:
            if files.setdefault(f'{row["name"]}.py', row['text']) is not row['text']:
                raise MatrixError(f'{path.name}: {row["name"]} is an experiment twice')
        models = [row for row in made if row['collection']]
        if metafile := read_matrix(path).get('metafile'):
            files[metafile] = metafile_text(path, models)
    return files


def by_hand(papers: Path) -> set[str]:
    """Configs that no matrix makes."""
    return {f'{n}.py' for p in papers.glob('*.yml') for n in read_matrix(p).get('by_hand') or ()}


def differences(configs: Path, files: dict[str, str]) -> list[str]:
    """What of the generated files is not committed as it is generated, a line for each."""
    found = []
    for name, text in files.items():
        path = configs / name
        if not path.is_file():
            found.append(f'{name} is missing')
        elif path.read_text(encoding='utf-8') != text:
            found.append(f'{name} differs from what papers/ makes')
    known = {*files, *by_hand(configs / 'papers')}
    found += [
        f"{path.name} is made by no file of papers/: delete it, or list it under 'by_hand'"
        for path in sorted(configs.glob('*.py'))
        if path.name not in known
    ]
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument('--check', action='store_true', help='write nothing; tell what differs')
    add_debug(parser)


def main(args: argparse.Namespace) -> None:
    """Write the files, or tell with ``--check`` which are not as they would be written."""
    folders = [folder for folder in config_folders() if (folder / 'papers').is_dir()]
    if not folders:
        raise UserError('there is no folder configs/papers: run this in a clone')
    configs = folders[0]
    try:
        files = generate(configs / 'papers')
    except yaml.YAMLError as error:
        raise UserError(f'configs/papers: {error}') from error
    if not args.check:
        for name, text in files.items():
            (configs / name).write_text(text, encoding='utf-8')
    found = differences(configs, files)
    for line in found:
        print(line, file=sys.stderr)
    print(f'{len(files)} files of configs/ are generated from papers/, {len(found)} differ')
    if found:
        raise UserError('the configs are not what papers/ makes: mmgenprior generate-configs')
