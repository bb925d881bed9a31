"""Run a tool of MMagic's own, adapted to the installed stack.

`mmgenprior mmagic-tool test CONFIG CHECKPOINT` is `python tools/test.py CONFIG CHECKPOINT` in
MMagic's repository. What follows the name of the tool is the tool's own, --help too.
"""

from __future__ import annotations

import argparse
import importlib.util
import runpy
import sys
from pathlib import Path

from mmgenprior.cli.arguments import add_debug
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.names import listed, nearest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument('tool', help="path below MMagic's tools, e.g. test, train")
    parser.add_argument('words', nargs=argparse.REMAINDER, metavar='...', help='for the tool')
    add_debug(parser)


def find_tool(name: str) -> Path:
    """The script of a tool in the installed MMagic.

    Args:
        name: Its path below ``tools``, with or without ``.py``.

    Raises:
        UserError: If there is none, naming those that there are.
    """
    spec = importlib.util.find_spec('mmagic')
    folder = Path(spec.origin).parent / '.mim' / 'tools' if spec and spec.origin else None
    if folder is None or not folder.is_dir():
        raise UserError(f"MMagic is not installed for {sys.executable} with its tools: 'mmagic'")
    found = sorted(folder.rglob('*.py'), key=lambda path: (len(path.parts), path))
    known = {path.relative_to(folder).with_suffix('').as_posix(): path for path in found}
    plain = name.removesuffix('.py')
    if plain not in known:
        tools = listed(list(known), 12)
        raise UserError(f"MMagic has no tool '{name}'{nearest(plain, known)}; its tools: {tools}")
    return known[plain]


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    script = find_tool(args.tool)
    # As Python does for a script: its folder comes first, its words are all there is.
    sys.argv = [str(script), *args.words]
    sys.path.insert(0, str(script.parent))
    runpy.run_path(str(script), run_name='__main__')
