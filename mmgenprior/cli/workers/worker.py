"""What a worker does: build the model once, then restore what it is given."""

from __future__ import annotations

import logging
import os
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgenprior.cli.run import prepare_process
from mmgenprior.ledger.failures import Failure
from mmgenprior.ledger.ledger import Start
from mmgenprior.ledger.lock import owner_of
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.signals import hold_back

if TYPE_CHECKING:
    from mmengine.config import Config
    from mmengine.runner import Runner
    from torch import Tensor

    from mmgenprior.inversion.callbacks import RunningStage


@dataclass(frozen=True)
class Job:
    """What every worker of a run is told.

    Attributes:
        config: Of the run, as plain data.
        folder: Where its relative paths begin.
        work_dir: Of the run, in full.
        owner: Who holds that; tells whether a worker sees the same folder.
        start: Of the run.
        skips_failing: Whether the run goes on without images that cannot be restored.
    """

    config: dict[str, Any]
    folder: str
    work_dir: str
    owner: dict[str, Any]
    start: Start
    skips_failing: bool = False


@dataclass(frozen=True)
class Ready:
    """What a worker tells when its model is built.

    Attributes:
        images_at_once: How many images it works on together.
        warnings: What was said while it was built.
    """

    images_at_once: int
    warnings: list[str]


@dataclass(frozen=True)
class Restored:
    """What a worker tells of images that are finished and noted in the ledger.

    Attributes:
        rows: Of the evaluator.
        failures: Those of them that could not be restored.
        warnings: What was said meanwhile.
    """

    rows: list[dict[str, Any]]
    failures: list[Failure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Worker:
    """The body of a Ray actor; its short methods are called beside the long ones.

    Args:
        job: See :class:`Job`.
    """

    def __init__(self, job: Job) -> None:
        prepare_process()
        self._job = job
        self._loop: Any = None
        self._heard = _Warnings()
        self._work = 0
        self._whole = 0

    def ready(self) -> Ready:
        """Build the model and prepare to restore, if that is not done.

        Raises:
            UserError: If this machine lacks what the run needs.
        """
        if self._loop is None:
            self._loop = self._build()
        return Ready(self._size, self._heard.take())

    def restore(self, indices: Sequence[int]) -> Restored:
        """Restore these samples, write their files, and note them in the ledger."""
        self._work, self._whole = 0, len(indices) * self._work_per_image
        rows = self._loop.restore(indices)
        return Restored(rows, self._report.take_failures(), self._heard.take())

    def place(self) -> str:
        """Which process it is."""
        return f'process {os.getpid()} on {socket.gethostname()}'

    def share_done(self) -> float:
        """How much of what it was given is done."""
        return min(self._work / self._whole, 1.0) if self._whole else 0.0

    def halt(self) -> None:
        """Finish the entry that is being written, and begin no other."""
        hold_back()

    # -- building --------------------------------------------------------------------

    def _build(self) -> Any:
        job = self._job
        try:
            os.chdir(job.folder)
        except OSError as error:
            raise UserError(f'{self._here()}: {error.strerror}: {job.folder}') from None
        if owner_of(Path(job.work_dir)) != job.owner:
            raise UserError(
                f"{self._here()} does not see the work dir '{job.work_dir}': give one on a file "
                'system that all machines of the cluster share'
            )
        from mmengine.config import Config

        from mmgenprior.cli.runner import build_runner
        from mmgenprior.engine.loops import WorkerLoop, images_at_once

        cfg = Config(job.config)
        _without_bar(cfg)
        # The log and the config of a run are its first process's.
        with tempfile.TemporaryDirectory() as folder:
            cfg.work_dir = folder
            runner = build_runner(cfg, frozen=True, skips_failing=job.skips_failing)
            self._heard.listen()
            runner._work_dir = job.work_dir
            (self._report,) = (hook for hook in runner.hooks if hasattr(hook, 'joined'))
            self._report.joined = job.start
            loop = use_loop(runner, WorkerLoop)
            runner.test()
        self._size = images_at_once(runner.model) or loop.dataloader.batch_size
        self._work_per_image = getattr(runner.model, 'work_per_image', 0)
        if hasattr(runner.model, 'callback'):
            runner.model.callback = self._count
        return loop

    @staticmethod
    def _here() -> str:
        return f'the worker on {socket.gethostname()}'

    def _count(
        self,
        stage: RunningStage,
        iteration: int,
        objective: Tensor | None,
        image: Tensor | None,
    ) -> None:
        if stage.is_search:
            self._work += len(objective)


def use_loop(runner: Runner, kind: type, **more: Any) -> Any:
    """Give a runner a test loop of another class, with the arguments of its config."""
    loop = runner.build_test_loop(dict(runner.cfg.test_cfg, type=kind, **more))
    runner._test_loop = loop
    return loop


def _without_bar(cfg: Config) -> None:
    """The run has one bar, and its first process draws it."""
    for name, hook in list((cfg.get('default_hooks') or {}).items()):
        if isinstance(hook, dict) and hook.get('type') == 'InversionProgressHook':
            del cfg.default_hooks[name]


class _Warnings(logging.Handler):
    """Keeps what a user should read, for the first process to say."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._lines: list[str] = []

    def listen(self) -> None:
        from mmengine.logging import MMLogger

        MMLogger.get_current_instance().addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())

    def take(self) -> list[str]:
        lines, self._lines = self._lines, []
        return lines
