"""Disturb runs on toy faces at random for minutes or hours, and compare all bytes at the end.

Kills (SIGKILL), stops (SIGTERM, SIGINT), a full disk, emptied and cut files and ledger entries, one
process, ranks, tasks of a Slurm array and workers of Ray that come and go, in any order on one work
dir; then the run is finished, compared, and another begins. The same command every time. The log
has a line for each event. Exit code 1 at the first difference, whose work dir is kept.
"""

import argparse
import importlib.util
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
if str(HERE) in sys.path:
    sys.path.remove(str(HERE))
sys.path.append(str(HERE))  # at the end, where test.py hides nobody's module

from soaking.killing import Broken, Tally  # noqa: E402
from soaking.round import Soak  # noqa: E402
from soaking.runs import quick_task  # noqa: E402


def parse(argv=None):
    """The arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument('--hours', type=float, default=1.0, help='how long (1)')
    length.add_argument('--minutes', type=float, help='how long, in minutes')
    parser.add_argument('--images', type=int, default=24, help='toy faces of a run (24)')
    parser.add_argument('--iterations', type=int, default=10, help='of each search (10)')
    parser.add_argument('--seed', type=int, help='of the disturbances (the time of day)')
    parser.add_argument('--log', type=Path, default=Path('soak.log'), help='file (soak.log)')
    parser.add_argument('--no-ray', action='store_true', help='leave workers of Ray out')
    args = parser.parse_args(argv)
    args.seconds = 60 * args.minutes if args.minutes is not None else 3600 * args.hours
    if args.seed is None:
        args.seed = int(time.time())
    return args


class Log:
    """Lines with the time, in a file and on the screen."""

    def __init__(self, path):
        self._file = open(path, 'w')
        self._begin = time.monotonic()

    def __call__(self, line):
        """Write a line."""
        passed = int(time.monotonic() - self._begin)
        line = f'{passed // 3600}:{passed % 3600 // 60:02d}:{passed % 60:02d}  {line}'
        print(line, flush=True)
        print(line, file=self._file, flush=True)


def main(argv=None):
    """Soak; the exit status."""
    args = parse(argv)
    say = Log(args.log)
    with_ray = not args.no_ray and importlib.util.find_spec('ray') is not None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix='soak-'))
    say(f'{args.images} faces, seed {args.seed}, {"with" if with_ray else "without"} Ray, {folder}')
    tally = Tally()
    task = quick_task(args.images, args.iterations)
    try:
        with Soak(task, folder, random.Random(args.seed), tally, say, with_ray) as soak:
            until = time.monotonic() + args.seconds
            while time.monotonic() < until:
                soak.round(until)
    except (Broken, TimeoutError) as error:
        say(f'BROKEN: {error}')
        say(f'{tally}; see {folder}')
        return 1
    except KeyboardInterrupt:
        say(f'stopped: {tally}')
        return 130
    say(f'No byte differed: {tally}')
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
