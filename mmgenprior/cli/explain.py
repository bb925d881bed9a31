"""Which exceptions are a user's to repair, and the one line that says how."""

from __future__ import annotations

import errno
import os
import pickle
import re
import sys
from pathlib import Path

from mmgenprior.cli.ranks import LOST_OTHERS
from mmgenprior.utils.errors import ExitCode, UserError
from mmgenprior.utils.names import printable

# Of disks, folders and files, which are not ours to mend.
_OF_FILES = {
    getattr(errno, name)
    for name in (
        *('ENOENT', 'EACCES', 'EPERM', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY', 'ENAMETOOLONG', 'ELOOP'),
        *('ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EIO', 'ESTALE', 'ENXIO', 'ENODEV', 'EMFILE'),
        *('ENFILE', 'EBUSY', 'EXDEV', 'EMLINK'),
    )
    if hasattr(errno, name)
}

# Of an installed package the folder around it, which has no such environment.
_CLONE = Path(__file__).resolve().parents[2]

# What gloo and NCCL say when the other end of a connection is gone.
_LOST = r'Connection (closed|reset|refused)|remote process has exited|Broken pipe'


def _cause_in_worker(message: str) -> str:
    """The last line of the traceback that a data-loader worker sends as its message."""
    if not message.startswith('Caught '):
        return message
    last = message.strip().splitlines()[-1]
    return last.partition(': ')[2] or last


def _while_building(error: BaseException) -> bool:
    """Whether it was raised while a component was built from its dict, or on the way there."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name == 'build_from_cfg':
            return True
        trace = trace.tb_next
    return False


def _remedy(clone: Path) -> str:
    """What to do where a package lacks, by whether the clone has an environment of its own."""
    python = clone / '.venv' / 'bin' / 'python'
    if python.is_file() and Path(sys.prefix) != clone / '.venv':
        here = Path.cwd()
        told = python.relative_to(here) if python.is_relative_to(here) else python
        return f"write '{told}' in place of 'python', everything is installed there"
    return "'pip install .' in the clone installs everything, 'bash tools/demo.sh' also runs it"


def explain(error: BaseException) -> str | None:
    """One line for an error in a config, a checkpoint, a data file or the installation.

    Args:
        error: What a tool raised.

    Returns:
        The line, or ``None`` for every other error: those keep their traceback.
    """
    text = printable(' '.join(_cause_in_worker(str(error)).split()))
    if isinstance(error, UserError):
        return text
    several = os.environ.get('WORLD_SIZE', '1') != '1'
    if several and isinstance(error, RuntimeError) and re.search(_LOST, text):
        return f'{LOST_OTHERS}; what is finished is kept, and the same command goes on'
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition('.')[0]
        if package == 'mmgenprior':
            return None
        return f"the package '{package}' is not installed for {sys.executable}: {_remedy(_CLONE)}"
    if isinstance(error, (FileNotFoundError, PermissionError, NotADirectoryError)):
        return text
    if isinstance(error, OSError) and error.errno in _OF_FILES:
        return text
    if isinstance(error, pickle.UnpicklingError):
        refused = re.search(r'GLOBAL\s+([\w.]+)', text)
        what = f"it asks for '{refused.group(1)}'" if refused else text[:200]
        return f'checkpoint refused, as loading it could run foreign code: {what}'
    if isinstance(error, KeyError):
        unknown = re.search(r'(\S+) is not in the (\S+)::(.+?) registry', text)
        if unknown:
            name = unknown.group(1).strip('\'"`')
            return f"config: type='{name}' is not a known {unknown.group(3)}{_similar(name)}"
    if isinstance(error, ValueError) and _while_building(error):
        late = re.search(r'end should be larger than begin, but got begin=(\d+), end=(\d+)', text)
        if late:
            return (
                f'config: the training has {late[2]} iterations or epochs, and param_scheduler '
                f'begins after {late[1]}: raise train_cfg.max_epochs, lower '
                'train_dataloader.batch_size, or give more pictures'
            )
        # What a constructor says of its arguments.
        return f'config: {text}'
    if isinstance(error, TypeError) and '__init__()' in text and _while_building(error):
        return f'config: {text}'
    if isinstance(error, ImportError) and error.name is None and 'pip install' in text:
        return text
    return None


def exit_code(error: BaseException) -> ExitCode:
    """The status of a command that ends with an error of a user's."""
    if isinstance(error, UserError):
        return error.exit_code
    is_config = isinstance(error, (KeyError, TypeError, ValueError)) and _while_building(error)
    return ExitCode.USAGE if is_config else ExitCode.ERROR


def _similar(name: str) -> str:
    """Similar names among all components; everything is imported when this is asked."""
    from mmagic import registry as mmagic_registry
    from mmengine.registry import Registry

    from mmgenprior import registry as own_registry
    from mmgenprior.stock import import_everything
    from mmgenprior.utils.names import nearest

    import_everything()
    known: set[str] = set()
    for module in (mmagic_registry, own_registry):
        for registry in vars(module).values():
            if isinstance(registry, Registry):
                known.update(registry.module_dict)
    return nearest(name, known)
