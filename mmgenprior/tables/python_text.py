"""A row of the matrix of experiments as the text of a config."""

from __future__ import annotations

import re

from mmgenprior.utils.errors import UserError

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


class MatrixError(UserError):
    """The matrix is at fault; one line says where."""


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


def config_text(row: dict, words: dict, where: str, bases: list[str] | None = None) -> str:
    """The thin config of a row.

    Args:
        row: As :func:`mmgenprior.tables.matrix.make_row` merges it.
        words: What stands for each <word> of its texts.
        where: Of the row, for messages.
        bases: Paths that take the place of the row's own ``bases``.
    """
    bases = bases or fill_all(row['bases'], words, where)
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
