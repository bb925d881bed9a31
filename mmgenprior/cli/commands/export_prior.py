"""Make a trained GAN a prior, or an encoder its start: one weight file and catalogue lines."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from mmgenprior.cli.arguments import add_debug
from mmgenprior.cli.configs import find_config
from mmgenprior.utils.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.epilog = (
        'The lines go to standard output: python tools/export_prior.py CONFIG CHECKPOINT '
        'TARGET > catalogue.yml makes a catalogue for MGP_CATALOGUE, see docs/zoo.md.'
    )
    parser.add_argument('config', help='config that the GAN or the encoder was trained with')
    parser.add_argument('checkpoint', help='checkpoint that the training left, e.g. iter_8000.pth')
    parser.add_argument('target', help='weight file to write, NAME.safetensors')
    parser.add_argument(
        '--log',
        nargs='+',
        metavar='SCALARS',
        help='scalars.json of the training: its losses are written to NAME.json',
    )
    parser.add_argument(
        '--full-precision', action='store_true', help='keep float32; half precision by default'
    )
    add_debug(parser)


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    target = Path(args.target)
    if target.suffix != '.safetensors':
        raise UserError(f"target '{target}': use a name that ends in .safetensors")
    if not Path(args.checkpoint).is_file():
        raise UserError(f"checkpoint '{args.checkpoint}' not found")
    config = find_config(args.config)

    import mmgenprior.components  # noqa: F401  (before MMagic)

    # isort: split
    import json

    import torch
    import yaml
    from mmengine.config import Config

    from mmgenprior.converters.export import export_prior, training_log
    from mmgenprior.inversion.encoder_training import export_encoder

    if args.log:
        found = re.search(r'iter_(\d+)', Path(args.checkpoint).name)
        if not found:
            raise UserError(f"--log: '{args.checkpoint}' is not named iter_NUMBER.pth")
        log = training_log(config, args.log, int(found[1]))
    precision = None if args.full_precision else torch.float16
    model = Config.fromfile(config, import_custom_modules=False).get('model') or {}
    if model.get('type') == 'EncoderTraining':
        name, written = export_encoder(config, args.checkpoint, target, precision)
        entry = {'encoder': written}
    else:
        name, written = target.stem, export_prior(config, args.checkpoint, target, precision)
        entry = written
    if args.log:
        head = json.dumps({key: value for key, value in log.items() if key != 'log'})[:-1]
        rows = ',\n'.join(f'  {json.dumps(row)}' for row in log['log'])
        target.with_suffix('.json').write_text(f'{head}, "log": [\n{rows}\n]}}\n')
    print(yaml.safe_dump({'priors': {name: entry}}, sort_keys=False, allow_unicode=True))
    print(f'{written["size"] / 1e6:.1f} MB in {target}', file=sys.stderr)
