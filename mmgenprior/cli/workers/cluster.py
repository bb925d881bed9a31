"""The cluster of Ray that a run uses: one that is there, or its own on this machine."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mmgenprior
from mmgenprior.cli.workers.places import Places
from mmgenprior.cli.workers.worker import Job, Worker
from mmgenprior.utils.errors import UserError

# Of the workers' environment; what names files and weights must name the same for all.
_PASSED_ON = 'MGP_'
# Ray gives itself 30 seconds to start, which a busy machine does not always make.
_TRIES = 3


def threads_of(places: Places) -> int:
    """Threads of each worker: as one process would have them, whose rounding is the same."""
    import torch

    wanted = os.environ.get('MGP_NUM_THREADS') or os.environ.get('OMP_NUM_THREADS')
    return torch.get_num_threads() if wanted else places.cpus or torch.get_num_threads()


class Cluster:
    """A connection to Ray.

    Args:
        places: What the workers take.
        job: What they are told.
    """

    def __init__(self, places: Places, job: Job) -> None:
        self._places = places
        self._threads = threads_of(places)
        self._cpus = places.cpus or self._threads
        self._job = job
        self._has_gpus = False

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Join the cluster, or start one, and leave it.

        Raises:
            UserError: If there is none at the address.
        """
        os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')  # nothing is sent to anybody
        # Ours is the one who knows what SIGTERM must not cut through.
        handler = signal.getsignal(signal.SIGTERM)
        import ray

        if self._places.address:
            self._join()
        else:
            self._start()
        if handler is not None:
            signal.signal(signal.SIGTERM, handler)
        try:
            # Driver, model and all, may be on a machine without one.
            self._has_gpus = ray.cluster_resources().get('GPU', 0) >= 1
            yield
        finally:
            ray.shutdown()

    def _join(self) -> None:
        import ray

        try:
            ray.init(address=self._places.address, **self._session())
        except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
            where = f"--address '{self._places.address}'"
            reason = ' '.join(str(error).split())[:200]
            raise UserError(f'{where}: no cluster of Ray: {reason}') from error

    def _start(self) -> None:
        import ray

        os.environ.setdefault('RAY_worker_register_timeout_seconds', '300')
        for tries_left in reversed(range(_TRIES)):
            try:
                ray.init(
                    address='local',
                    include_dashboard=False,
                    num_cpus=max(os.cpu_count() or 1, (self._places.workers or 1) * self._cpus),
                    object_store_memory=100 * 2**20,  # only settings and rows pass through it
                    **self._session(),
                )
                return
            except Exception as error:  # Ray raises no class of its own for it
                ray.shutdown()
                if 'timed out during startup' not in str(error):
                    raise
                if not tries_left:
                    raise UserError(
                        f'Ray has not started in {_TRIES} times 30 seconds: is the machine busy?'
                    ) from error

    def _session(self) -> dict[str, Any]:
        environment = dict(env_vars=self._environment())
        return dict(logging_level=logging.ERROR, log_to_driver=False, runtime_env=environment)

    def _environment(self) -> dict[str, str]:
        threads = str(self._threads)
        given = {k: v for k, v in os.environ.items() if k.startswith(_PASSED_ON)}
        given.update(OMP_NUM_THREADS=threads, MKL_NUM_THREADS=threads, OMP_WAIT_POLICY='passive')
        package = Path(mmgenprior.__file__).resolve().parents[1]
        if (package / 'pyproject.toml').is_file():  # a clone
            paths = [str(package), *os.environ.get('PYTHONPATH', '').split(os.pathsep)]
            given['PYTHONPATH'] = os.pathsep.join(dict.fromkeys(path for path in paths if path))
        return given

    def hire(self) -> Any:
        """Ask for a worker; it starts when there is room for it."""
        import ray

        # Whenever it dies, Ray starts it again where there is room; others get its work.
        actor = ray.remote(
            num_cpus=1 if self._has_gpus else self._cpus,
            num_gpus=1 if self._has_gpus else 0,
            max_restarts=-1,
            max_task_retries=0,
            concurrency_groups={'beside': 1},
        )(Worker)
        return actor.remote(self._job)

    def wanted(self) -> int:
        """How many workers there should be now."""
        import ray

        if self._places.workers:
            return self._places.workers
        nodes = [node['Resources'] for node in ray.nodes() if node['Alive']]
        if self._has_gpus:
            room = sum(int(have.get('GPU', 0)) for have in nodes)
        else:
            room = sum(int(have.get('CPU', 0) // self._cpus) for have in nodes)
        return max(room, 1)

    def describe(self) -> str:
        """What each worker has."""
        if self._has_gpus:
            return 'a GPU each'
        return f'{self._threads} thread{"s" * (self._threads > 1)} each'
