"""Print how far results depend on batch size, order, processes and workers: one row a method.

Every method restores a few toy faces by a few iterations, in one process with all images in one
batch, and again in each of the other ways. A cell is the largest difference of any number of
per_image.csv, in all its digits, and of any pixel, of 255; 0 means that every byte of these tables
and pictures is the same.
"""

import argparse
import csv
import importlib.util
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
if str(HERE) in sys.path:
    sys.path.remove(str(HERE))
sys.path.append(str(HERE))  # at the end, where test.py hides nobody's module

from soaking.cluster import RayCluster  # noqa: E402
from soaking.forks import ForkServer  # noqa: E402
from soaking.killing import Broken  # noqa: E402
from soaking.runs import Starter, Task  # noqa: E402

_SEARCH = ['model.stages.CSGM.iterations=20', 'model.restarts=2']
_MGAN = 'stages.mGANprior.iterations=10'
# Method → config and what makes it short.
METHODS = {
    'CSGM': ('csgm_toyfaces_sr4', _SEARCH),
    'IAGAN': ('iagan_toyfaces_sr4', [*_SEARCH, 'model.stages.IAGAN.iterations=20']),
    'MAP-D': (
        'mapd_toyfaces_inpaint',
        ['model.stages.MAP-D.iterations=20', 'model.baselines=[]'],
    ),
    'DGP': (
        'dgp_toyfaces_color',
        [
            *(f'model.stages.{i}.iterations=5' for i in range(4)),
            'model.candidates.candidates=20',
        ],
    ),
    'mGANprior': ('mganprior_toyfaces_sr4', [f'model.{_MGAN}']),
    'BIGPrior': ('bigprior_toyfaces_inpaint', [f'model.prior_editor.{_MGAN}']),
    'GaussNewton': (
        'gaussnewton_toyfaces_sr4',
        [f'model.stages.{name}.iterations=4' for name in ('descent', 'adapted', 'sampled')],
    ),
}
# A network that nobody has trained does for what is compared here.
_PHI = """
import sys
from mmgenprior.components import *
import torch
from mmgenprior.editors.bigprior.network import PhiNetwork
torch.manual_seed(0)
torch.save(PhiNetwork().state_dict(), sys.argv[1])
"""


def parse(argv=None):
    """The arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--images', type=int, default=4, help='toy faces of each run (4)')
    parser.add_argument('--methods', nargs='+', choices=METHODS, default=list(METHODS))
    parser.add_argument('--no-ray', action='store_true', help='leave workers of Ray out')
    return parser.parse_args(argv)


def ways_of(method, server, folder, cluster):
    """Name of a way → what starts it."""
    reverse = ','.join(str(i) for i in reversed(range(method.images)))
    batch, order = 'test_dataloader.batch_size=1', f'test_dataloader.dataset.indices=[{reverse}]'
    single = replace(method, settings=(*method.settings, batch))
    turned = replace(method, settings=(*method.settings, order))
    ways = {
        'one batch': Starter(server, method, folder).alone,
        'batch 1': Starter(server, single, folder).alone,
        'reversed': Starter(server, turned, folder).alone,
        '2 ranks': Starter(server, method, folder).ranks,
        '2 sharing': Starter(server, method, folder).array,
    }
    if cluster is not None:
        ways['2 Ray workers'] = Starter(server, method, folder, cluster).workers
    return ways


def difference(one, other, keys):
    """The largest of any number and pixel."""
    import cv2
    import numpy as np

    files = ['metrics.json', 'per_image.csv', *(f'restored/{key}.png' for key in keys)]
    if all((one / name).read_bytes() == (other / name).read_bytes() for name in files):
        return 0.0
    largest = 0.0
    tables = [list(csv.DictReader(open(folder / 'per_image.csv'))) for folder in (one, other)]
    for a, b in zip(*tables):
        names = [name for name in a if name != 'key' and a[name] != b[name]]
        largest = max([largest, *(abs(float(a[name]) - float(b[name])) for name in names)])
    for key in keys:
        a, b = (cv2.imread(str(f / 'restored' / f'{key}.png')).astype(float) for f in (one, other))
        largest = max(largest, float(np.abs(a - b).max()))
    return largest


def main(argv=None):
    """Print the table; the exit status says whether every cell is 0."""
    args = parse(argv)
    worst = 0.0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix='independence-')))
        phi = folder / 'phi.pth'
        server = stack.enter_context(ForkServer({'MGP_PHI_CHECKPOINT': str(phi)}))
        if 'BIGPrior' in args.methods:
            command = [sys.executable, '-c', _PHI, str(phi)]
            subprocess.run(command, env=server.environment, check=True)
        cluster = None
        if not args.no_ray and importlib.util.find_spec('ray') is not None:
            cluster = stack.enter_context(RayCluster(server.environment, folder))
            cluster.join()
        for number, name in enumerate(args.methods):
            config, settings = METHODS[name]
            method = Task(args.images, config, tuple(settings))
            ways = ways_of(method, server, folder, cluster)
            cells = []
            for way, start in ways.items():
                work_dir = folder / name / way
                launch = start(work_dir)
                if not launch.wait():
                    raise Broken(f'{name}, {way}:\n{launch.said()}')
                cells.append(difference(folder / name / 'one batch', work_dir, method.keys))
            worst = max(worst, *cells)
            if number == 0:
                print('| method | ' + ' | '.join(list(ways)[1:]) + ' |')
                print('| --- |' + ' ---: |' * (len(ways) - 1))
            print(f'| {name} | ' + ' | '.join(f'{cell:g}' for cell in cells[1:]) + ' |', flush=True)
    return int(worst > 0)


if __name__ == '__main__':
    sys.exit(main())
