"""A page for the browser: drop a photo, paint the hole, watch the search, compare.

It needs gradio (pip install 'mmgenprior[app]') and listens on this machine alone unless told
otherwise. Nothing that a visitor uploads stays when the visitor leaves or the server ends.

  mmgenprior app                                    then open the address that it prints
  mmgenprior app --port 8000 --device cuda
  mmgenprior app --host 0.0.0.0 --most-waiting 4    for others: read docs/app.md first
"""

from __future__ import annotations

import argparse
import importlib.util
import threading

from mmgenprior.app.limits import Limits
from mmgenprior.cli.arguments import add_debug, whole_number
from mmgenprior.utils.errors import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    limits = Limits()
    parser.add_argument(
        '--host', default='127.0.0.1', help='address to listen at (127.0.0.1, this machine alone)'
    )
    parser.add_argument('--port', type=whole_number(1), default=7860, help='its port (7860)')
    parser.add_argument(
        '--share',
        action='store_true',
        help="ask gradio's servers for a public address; they see all that passes, and anybody "
        'who learns the address can use the page',
    )
    parser.add_argument('--device', default='auto', help='auto, cpu, cuda, cuda:1 (auto)')
    for name, about in {
        'megapixels': 'of a photo, and of its result',
        'megabytes': 'of a file',
        'waiting': 'searches behind the one that runs',
        'seconds': 'of one search',
        'samples': 'of one search',
    }.items():
        default = getattr(limits, name)
        parser.add_argument(
            f'--most-{name}',
            type=whole_number(1),
            default=default,
            metavar='N',
            help=f'{about} ({default})',
        )
    parser.add_argument(
        '--options',
        nargs='+',
        metavar='KEY=VALUE',
        help="the methods' own arguments, as in a config: stages.descent.iterations=20",
    )
    add_debug(parser)


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    if not _is_there('gradio'):
        raise ConfigError("the page needs gradio: pip install 'mmgenprior[app]'")
    from mmgenprior.api.arguments import check_device
    from mmgenprior.app.serving import serving
    from mmgenprior.cli.configs import nested, read_options

    check_device(args.device)
    names = ('megapixels', 'megabytes', 'waiting', 'seconds', 'samples')
    limits = Limits(**{name: getattr(args, f'most_{name}') for name in names})
    options = nested(read_options(args.options or []))

    def say(line: str) -> None:
        print(line, flush=True)

    say('starting …')
    with serving(args.host, args.port, limits, args.device, options, args.share, say=say) as server:
        say(f'the page is at {server.url} (Ctrl-C ends it)')
        if args.host not in ('127.0.0.1', 'localhost', '::1'):
            say('whoever reaches this machine can use it: docs/app.md says how to keep others out')
        threading.Event().wait()


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ValueError:  # None stands in its place
        return False
