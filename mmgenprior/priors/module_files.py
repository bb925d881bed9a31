"""Generators out of code and files: import paths, TorchScript, torch.export."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mmgenprior.utils.errors import CheckpointError, UserError
from mmgenprior.utils.names import nearest
from mmgenprior.utils.paths import expand
from mmgenprior.weights.resolve import resolve_checkpoint

# 'package.module:Name' or 'folder/file.py:Name'
_IMPORT_PATH = re.compile(r'(?P<where>[\w.]+|.+\.py):(?P<name>[A-Za-z_][\w.]*)')
# What a registered type of another scope begins with; anything else with a dot is an import.
_SCOPES = ('mmagic', 'mmengine', 'mmcv', 'mmpretrain', 'mmgenprior')


def module_config(
    source: str | os.PathLike | Mapping[str, Any] | nn.Module,
    options: Mapping[str, Any] | None = None,
    trust: bool = False,
) -> nn.Module | dict[str, Any]:
    """What :func:`mmgenprior.priors.init_generator` builds a generator from.

    Args:
        source: A module; ``dict(type=...)`` of a registered one; an import path
            ``'package.module:Name'`` or ``'folder/file.py:Name'`` of a class or function that
            makes one; or a TorchScript or torch.export (.pt2) file.
        options: Arguments of what an import path names.
        trust: Whether code of an import path or a file may be run.

    Returns:
        A module, or a config whose ``type`` makes one.

    Raises:
        UserError: If the source needs ``trust``, is nowhere to be found, or takes no options.

    Example:
        >>> module_config('torch.nn:Linear', dict(in_features=2, out_features=3), trust=True)
        {'type': <class 'torch.nn.modules.linear.Linear'>, 'in_features': 2, 'out_features': 3}
    """
    found = None
    if isinstance(source, (str, os.PathLike)):
        found = _IMPORT_PATH.fullmatch(os.fspath(source))
    if options and not found:
        raise UserError(
            "module_kwargs belong to an import path 'package.module:Name': "
            'write the arguments of a registered module into its dict(type=...)'
        )
    if isinstance(source, nn.Module):
        return source
    if isinstance(source, Mapping):
        kind = source.get('type')
        scope, _, rest = kind.partition('.') if isinstance(kind, str) else ('', '', '')
        # The registry imports a dotted name that it does not know.
        if rest and (scope not in _SCOPES or '.' in rest):
            _demand_trust(f"module=dict(type='{kind}')", trust)
        return dict(source)
    if found:
        _demand_trust(f"module='{found[0]}'", trust)
        return dict(type=_imported(found['where'], found['name']), **(options or {}))
    if not isinstance(source, (str, os.PathLike)):
        raise UserError(
            f'module={source!r}: give a torch.nn.Module, dict(type=...), an import path '
            "'package.module:Name', or a TorchScript or torch.export file"
        )
    return load_program(source, trust)


def _demand_trust(what: str, trust: bool) -> None:
    if trust is not True:
        raise UserError(f'{what} runs code: set trust=True if you trust where it comes from')


def _imported(where: str, name: str) -> Callable[..., nn.Module]:
    """The class or function of an import path.

    Raises:
        UserError: If there is no such file, module or name in it.
    """
    try:
        found: Any = _run_file(where) if where.endswith('.py') else importlib.import_module(where)
    except ModuleNotFoundError as error:
        missing = error.name or where
        if where != missing and not where.startswith(f'{missing}.'):
            raise  # something that their code imports
        raise UserError(
            f"module='{where}:{name}': there is no module '{missing}': "
            "install it, set PYTHONPATH to its folder, or give 'folder/file.py:Name'"
        ) from error
    for part in name.split('.'):
        if not hasattr(found, part):
            hint = nearest(part, vars(found))
            raise UserError(f"module='{where}:{name}': '{where}' has no '{name}'{hint}")
        found = getattr(found, part)
    if not callable(found):
        raise UserError(f"module='{where}:{name}' is no class or function that makes a module")
    return found


def _run_file(where: str) -> Any:
    path = expand(where, 'module')
    if not path.is_file():
        raise UserError(f"module: there is no file '{path.absolute()}'")
    name = f'mmgenprior_module_{path.stem}'
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look themselves up
    spec.loader.exec_module(module)
    return module


def load_program(source: str | os.PathLike, trust: bool = False) -> nn.Module:
    """The module of a TorchScript or torch.export file, on the CPU.

    Python pickles are never read: an archive that is neither is refused before anything is loaded.

    Args:
        source: See :func:`mmgenprior.weights.resolve.resolve_checkpoint`.
        trust: Whether its code may be run.

    Raises:
        UserError: If it needs ``trust``.
        CheckpointError: If it is no such file, or damaged.
    """
    path = resolve_checkpoint(source)
    kind = archive_kind(path)
    if kind is None:
        raise CheckpointError(
            f"module='{path}' is neither TorchScript (torch.jit.save) nor a torch.export program "
            '(torch.export.save): give the class as module and a file of weights as checkpoint'
        )
    _demand_trust(f"module='{path}' ({kind})", trust)
    try:
        if kind == 'TorchScript':
            return torch.jit.load(str(path), map_location='cpu')
        return ExportedModule(_load_exported(path))
    except UserError:
        raise
    except Exception as error:  # whatever a damaged archive makes them raise
        said = (str(error).strip().splitlines() or [''])[0]
        raise CheckpointError(
            f"module='{path}' cannot be loaded as {kind} ({type(error).__name__}: {said[:200]}): "
            'it is damaged, or was made by a newer PyTorch'
        ) from error


def archive_kind(path: Path) -> str | None:
    """``'TorchScript'``, ``'torch.export'`` or None, from the names of what an archive holds."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return None
    inner = {name.partition('/')[2] or name for name in names}
    if inner & {'archive_format', 'serialized_exported_program.json'}:
        return 'torch.export'
    # torch.save writes neither constants nor code.
    if 'constants.pkl' in inner and any(name.startswith('code/') for name in inner):
        return 'TorchScript'
    return None


def _load_exported(path: Path) -> torch.export.ExportedProgram:
    if tuple(int(part) for part in torch.__version__.split('.')[:2]) < (2, 6):
        raise UserError(
            f"module='{path}': torch.export files are read from PyTorch 2.6 on; "
            'before that they are unpickled'
        )
    with _weights_only():
        return torch.export.load(str(path))


@contextmanager
def _weights_only() -> Iterator[None]:
    """Keep torch.load from unpickling objects, whatever its callers ask for.

    ``torch.export.load`` falls back to it where tensors alone do not do.
    """
    force, never = 'TORCH_FORCE_WEIGHTS_ONLY_LOAD', 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'
    kept = {name: os.environ.pop(name, None) for name in (force, never)}
    os.environ[force] = '1'
    try:
        yield
    finally:
        del os.environ[force]
        os.environ.update({name: value for name, value in kept.items() if value is not None})


class ExportedModule(nn.Module):
    """A torch.export program as a module that can be told to stay in eval mode.

    Args:
        program: It keeps the mode that it was exported in.
    """

    def __init__(self, program: torch.export.ExportedProgram) -> None:
        super().__init__()
        self.program = program.module()

    def forward(self, *args: torch.Tensor) -> Any:
        """Run the program."""
        return self.program(*args)

    def train(self, mode: bool = True) -> ExportedModule:
        """Change nothing: a program has no modes."""
        self.training = False
        return self
