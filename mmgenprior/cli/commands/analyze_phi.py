"""Correlate the mean of φ with the noise and with the quality of the prior (BIGPrior, figure 7).

Reads the work dir of a run of BIGPrior, prints Pearson's r, and writes phi.csv and phi.png there.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from mmgenprior.cli.arguments import add_debug


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument('run', help='work dir of a run of tools/test.py with φ maps')
    parser.add_argument(
        '--inversions', help='folder of the stored inversions that were fused; tells the noise'
    )
    parser.add_argument(
        '--prior', help="variant that is the prior ('prior', or the only one besides the fusion)"
    )
    add_debug(parser)


def main(args: argparse.Namespace) -> None:
    """Do what the module says."""
    from mmgenprior.editors.bigprior.analysis import AXES, analyze, plot

    folder = Path(args.run)
    table, correlations = analyze(folder, args.prior, args.inversions and Path(args.inversions))
    with open(folder / 'phi.csv', 'w', newline='') as file:
        writer = csv.DictWriter(file, ['key', 'mean_phi', *AXES], lineterminator='\n')
        writer.writeheader()
        writer.writerows(table)
    plot(folder / 'phi.png', table, correlations)
    for name, value in correlations.items():
        print(f'{name} = {value:.3f} over {len(table)} images')
    if not correlations:
        print('Neither noise nor quality of the prior is known, or they do not vary')
    print(f'Table and plot: {folder / "phi.csv"}, {folder / "phi.png"}')
