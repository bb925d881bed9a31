"""The test loop of the first process of a run whose images are restored by workers."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgenprior.cli.workers.cluster import Cluster
from mmgenprior.cli.workers.places import Places
from mmgenprior.cli.workers.worker import Job, use_loop
from mmgenprior.engine.hooks.run_log import note, say
from mmgenprior.engine.loaders import OrderedLoader
from mmgenprior.engine.loops import RestorationTestLoop
from mmgenprior.ledger.lock import owner_of

if TYPE_CHECKING:
    from mmengine.runner import Runner

    from mmgenprior.cli.workers.pool import Pool


class WorkersLoop(RestorationTestLoop):
    """Has the samples restored by workers, and evaluates what they tell.

    Args:
        places: How many workers, and where.
        config: Of the run, as the workers get it.
    """

    def __init__(self, *args: Any, places: Places, config: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places, self._config = places, config
        self.dataloaders[0] = OrderedLoader(self.dataloaders[0], self._restored)

    def run_iter(self, idx: int, data_batch: list[dict[str, Any]], metrics: Sequence) -> None:
        """Count images in that workers have finished.

        Args:
            idx: Unused.
            data_batch: Their rows.
            metrics: Unused: the workers have measured.
        """
        self.evaluator.load_rows(data_batch)
        for row in data_batch:
            took = f' in {row["seconds"]:.1f} s' if 'seconds' in row else ''
            note(f'{row["key"]} is done{took}')

    def _restored(self, indices: Sequence[int]) -> Iterator[list[dict[str, Any]]]:
        if not indices:
            return
        (report,) = (hook for hook in self._runner.hooks if hasattr(hook, 'joined'))
        names = {i: key for key, i in report.index.items()}
        work_dir = Path(self._runner.work_dir).absolute()
        owner = owner_of(work_dir)
        job = Job(
            self._config,
            os.getcwd(),
            str(work_dir),
            owner,
            report.start,
            report.skips_failing,
        )
        self._free_device()
        cluster = Cluster(self._places, job)

        def finished(samples: Collection[int]) -> list[dict[str, Any]]:
            return [row for row in report.finished_rows() if row['sample_idx'] in samples]

        with cluster.joined():
            from mmgenprior.cli.workers.pool import Pool

            pool = Pool(
                cluster.hire, cluster.wanted, finished, report.failed, names.__getitem__, say
            )
            with contextlib.closing(pool):
                yield from self._shown(pool, indices, cluster)

    def _shown(
        self, pool: Pool, indices: Sequence[int], cluster: Cluster
    ) -> Iterator[list[dict[str, Any]]]:
        bar = next((h.progress for h in self._runner.hooks if hasattr(h, 'progress')), None)
        done = 0
        for rows in pool.run(indices):
            done += len(rows)
            if bar is not None:
                count = pool.workers
                workers = f'{count} worker{"s" * (count != 1)}, {cluster.describe()}'
                at_work = workers if count else 'waiting for workers to build the model'
                text = f'{done} of {len(indices)} images · {at_work}'
                bar.show(text, (done + pool.in_hand) / len(indices))
            yield rows

    def _free_device(self) -> None:
        """The model of this process restores nothing, and may be on a worker's GPU."""
        import torch

        self._runner.model.cpu()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def use_workers(runner: Runner, places: Places, config: dict[str, Any]) -> None:
    """Have the images of a test restored by workers.

    Args:
        runner: Of the test, in this process.
        places: How many workers, and where.
        config: As the runner was built from it, to be built from again.
    """
    use_loop(runner, WorkersLoop, places=places, config=config)
