"""How many workers there are, and where: what the command line says of it."""

from __future__ import annotations

import argparse
import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmgenprior.cli.arguments import UsageError

if TYPE_CHECKING:
    from mmengine.config import Config
    from mmengine.runner import Runner


@dataclass(frozen=True)
class Places:
    """How many workers there are, and what each of them takes.

    Attributes:
        workers: How many; None for as many as the cluster has room for, now or later.
        cpus: Cores that each reserves; None for its threads.
        address: Of a cluster; None for one of our own on this machine.
    """

    workers: int | None = None
    cpus: int | None = None
    address: str | None = None


def places_of(args: argparse.Namespace) -> Places:
    """What the command line says of workers.

    Raises:
        UsageError: If Ray is not installed, or they are given for another launcher.
    """
    options = {'workers': args.workers, 'cpus-per-worker': args.cpus_per_worker}
    given = [name for name, value in {**options, 'address': args.address}.items() if value]
    if args.launcher != 'ray':
        if given:
            raise UsageError(f'--{given[0]} is of --launcher ray')
        return Places()
    if importlib.util.find_spec('ray') is None:
        raise UsageError(
            "--launcher ray needs the package ray: pip install 'mmgenprior[ray]', or 'ray>=2.60,<3'"
        )
    address = args.address or os.environ.get('RAY_ADDRESS')
    return Places(args.workers, args.cpus_per_worker, address)


def build_with_workers(cfg: Config, places: Places, build: Callable[[Config], Runner]) -> Runner:
    """The Runner of a config, whose images are restored by workers where its launcher is Ray.

    Args:
        cfg: As :func:`mmgenprior.cli.configs.load_config` returns it; changed in place.
        places: Of :func:`places_of`.
        build: What builds the Runner.
    """
    if cfg.launcher != 'ray':
        return build(cfg)
    cfg.launcher = 'none'
    config = cfg.to_dict()  # before it is changed: the workers build from it again
    runner = build(cfg)
    from mmgenprior.cli.workers.loop import use_workers

    use_workers(runner, places, config)
    return runner
