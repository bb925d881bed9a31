"""Say what is installed, what of it works, what will not, and the fix.

Exits with 0 if nothing is in the way of a restoration, with 1 if something is. Configs in Python,
modules that custom_imports name, and generators by import path are code: no check of a file makes
running them safe. 'mmgenprior check --data-only' takes configs that are data.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from mmgenprior.cli.arguments import add_debug
from mmgenprior.cli.doctor.findings import BAD, examined
from mmgenprior.utils.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument('--json', action='store_true', help='print the findings as JSON')
    parser.add_argument(
        '--deep',
        action='store_true',
        help='also import all components and draw a picture with the prior of the package',
    )
    add_debug(parser)


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    from mmgenprior.cli.doctor import imports, machine, packages, weights

    looks = {
        'packages': packages.look_at_packages,
        'imports': imports.look_at_imports,
        'machine': machine.look_at_machine,
        'weights': weights.look_at_weights,
        'extras': packages.look_at_extras,
    }
    if args.deep:
        looks['all components'] = imports.look_deeper
    found, heading = [], None
    for area, look in looks.items():
        for finding in examined(area, look):
            found.append(finding)
            if args.json:
                continue
            if finding.area != heading:
                heading = finding.area
                print(f'{heading}:', flush=True)
            print(f'  {finding.line}', flush=True)
    bad = [finding for finding in found if finding.status == BAD]
    if args.json:
        print(json.dumps(dict(ok=not bad, findings=[asdict(f) for f in found]), indent=1))
    if bad:
        count = f'{len(bad)} thing{"s" * (len(bad) != 1)}'
        raise UserError(f'{count} will not work: {", ".join(finding.name for finding in bad)}')
    if not args.json:
        print('Nothing is in the way of a restoration.')
