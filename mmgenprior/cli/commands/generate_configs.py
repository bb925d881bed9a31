"""Write the thin configs and the metafiles from configs/papers/*.yml, the matrix of experiments."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import yaml

from mmgenprior.cli.arguments import add_debug
from mmgenprior.tables.matrix import MatrixError, matrix_configs, read_matrix, rows
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.catalogue import find_entry

METAFILE_HEAD = """\
# Generated from {source} by tools/generate_configs.py. The numbers that the
# paper prints stand there and not here: as Results a model search would show them as those of
# these configs, which aim at them.
"""


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
        # The others are made by the tables that need them.
        made = [row for row in rows(path) if not row['on_demand']]
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
    configs = matrix_configs()
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
