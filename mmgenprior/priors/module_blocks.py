"""Blocks of a generator that nobody has described, from shallow to deep."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from mmgenprior.priors.base import Group
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.names import nearest

# Name and module of every child, in the order in which they run.
Steps = list[tuple[str, nn.Module]]


def find_blocks(root: nn.Module, called: Sequence[str] = ()) -> list[list[str]]:
    """Blocks of a generator from its children.

    Where a single child has all weights it is opened, and so are the lists (``Sequential``,
    ``ModuleList``) among the children found there. Every child with matrices or kernels begins a
    block; norms, activations and whatever has vectors alone join the block before. Parameters
    of no child, such as a learned constant, join the first block.

    Args:
        root: The generator.
        called: Names of the sub-modules that ran, by when they ran first; empty where nobody
            knows (TorchScript, torch.export), which takes all, in the order of their making.

    Returns:
        Lists of prefixes; what has weights and is in none of them did not run.

    Example:
        >>> net = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 8), nn.BatchNorm1d(8))
        >>> find_blocks(net)
        [['0', '1'], ['2', '3']]
    """
    steps, loose = _steps(root, called)
    blocks: list[list[str]] = []
    waiting: list[str] = []
    for name, module in steps:
        if any(p.dim() > 1 for p in module.parameters()):
            blocks.append([*waiting, name])
            waiting = []
        elif blocks:
            blocks[-1].append(name)
        else:
            waiting.append(name)
    if blocks:
        blocks[0] += loose
    elif waiting or loose:
        blocks = [waiting + loose]
    return blocks


def _steps(root: nn.Module, called: Sequence[str]) -> tuple[Steps, list[str]]:
    """What runs, in order, and the names of parameters that belong to what was opened."""
    steps, loose, is_list = _children(root, '', called), _own(root, ''), _is_list(root)
    while True:
        weighted = [i for i, (_, child) in enumerate(steps) if _has_weights(child)]
        if len(weighted) != 1:
            break
        name, module = steps[weighted[0]]
        inner = _children(module, f'{name}.', called)
        if not inner:
            break
        steps[weighted[0] : weighted[0] + 1] = inner
        loose += _own(module, f'{name}.')
        is_list = _is_list(module)
    if is_list:  # its items are blocks as they are
        return steps, loose
    opened: Steps = []
    for name, module in steps:
        items = _children(module, f'{name}.', called) if _is_list(module) else []
        opened += items or [(name, module)]
    return opened, loose


def _children(module: nn.Module, prefix: str, called: Sequence[str]) -> Steps:
    """The children that run, in order."""
    found = [(f'{prefix}{name}', child) for name, child in module.named_children()]
    if not called:
        return found

    def first(name: str) -> int:
        within = (i for i, k in enumerate(called) if k == name or k.startswith(f'{name}.'))
        return next(within, -1)

    ran = sorted((step for step in found if first(step[0]) >= 0), key=lambda step: first(step[0]))
    # Of a program nobody sees what runs in it.
    return ran if any(_has_weights(child) for _, child in ran) else found


def _own(module: nn.Module, prefix: str) -> list[str]:
    return [f'{prefix}{name}' for name, _ in module.named_parameters(recurse=False)]


def _has_weights(module: nn.Module) -> bool:
    return any(True for _ in module.parameters())


def _is_list(module: nn.Module) -> bool:
    """Whether the children are numbered, which TorchScript and torch.export keep."""
    names = [name for name, _ in module.named_children()]
    return bool(names) and all(name.isdigit() for name in names)


def check_prefixes(root: nn.Module, blocks: Sequence[Sequence[str]]) -> list[list[str]]:
    """Blocks that a user gives, as lists of prefixes.

    Raises:
        UserError: If they are no such lists, or a prefix names nothing that has weights.
    """
    if not blocks or any(isinstance(block, str) or not block for block in blocks):
        raise UserError(f"blocks={blocks!r}: give lists of prefixes, [['fc'], ['up1', 'up2'], ...]")
    names = [name for name, _ in root.named_parameters()]
    known = {name[:i] for name in names for i in _ends(name)}
    for prefix in (prefix for block in blocks for prefix in block):
        if prefix not in known:
            raise UserError(f"blocks: no weight begins with '{prefix}'{nearest(prefix, known)}")
    return [list(block) for block in blocks]


def _ends(name: str) -> list[int]:
    return [i for i, letter in enumerate(name) if letter == '.'] + [len(name)]


def layout(root: nn.Module, blocks: Sequence[Sequence[str]]) -> tuple[list[Group], list[Group]]:
    """Blocks and what is apart, every parameter once.

    Returns:
        Named groups of prefixes: the blocks that have parameters, each called by its first prefix
        with some, and ``unused`` with all the others.
    """
    names = [name for name, _ in root.named_parameters()]

    def held(prefix: str) -> list[str]:
        return [name for name in names if f'{name}.'.startswith(f'{prefix}.')]

    groups: list[Group] = []
    for block in blocks:
        weighted = [prefix for prefix in block if held(prefix)]
        if weighted:
            groups.append((weighted[0], weighted))
    placed = {name for _, prefixes in groups for prefix in prefixes for name in held(prefix)}
    rest = [name for name in names if name not in placed]
    return groups, [('unused', rest)] if rest else []


def chain_of(root: nn.Module, blocks: Sequence[Sequence[str]]) -> list[list[nn.Module]] | None:
    """The modules of every block, or None where a block has something that is no module."""
    modules = dict(root.named_modules())
    if any(prefix not in modules for block in blocks for prefix in block):
        return None
    return [[modules[prefix] for prefix in block] for block in blocks]


def run_block(modules: Sequence[nn.Module], features: torch.Tensor) -> torch.Tensor:
    """One module after the other."""
    for module in modules:
        features = module(features)
    return features
