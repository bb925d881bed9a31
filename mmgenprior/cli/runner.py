"""The Runner of a config."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mmgenprior.cli.checking.preflight import check_model
from mmgenprior.cli.launch import join_processes
from mmgenprior.cli.plugins import import_plugins

if TYPE_CHECKING:
    from mmengine.config import Config
    from mmengine.runner import Runner


def build_runner(cfg: Config, frozen: bool, fresh: bool = False) -> Runner:
    """Register every component, join the other processes and build the Runner.

    Args:
        cfg: As :func:`mmgenprior.cli.configs.load_config` returns it.
        frozen: Whether no gradient is shared between processes (a test), so that the model is
            wrapped by ``PassThroughWrapper`` instead of ``DistributedDataParallel``.
        fresh: Whether the report of a test starts anew instead of going on.

    Raises:
        ConfigError: If generator, operators and pictures do not fit one another.
    """
    from mmengine.runner import Runner

    import mmgenprior.components  # noqa: F401

    import_plugins(cfg)
    check_model(cfg)
    join_processes(cfg.launcher)
    if frozen and cfg.launcher != 'none' and cfg.get('model_wrapper_cfg') is None:
        cfg.model_wrapper_cfg = dict(type='PassThroughWrapper')
    runner = Runner.from_cfg(cfg)
    for hook in runner.hooks:
        if hasattr(hook, 'fresh'):
            hook.fresh = fresh
    return runner


def build_runner_in(cfg: Config, folder: Path, fresh: bool) -> Runner:
    """The Runner of one of several restorations of a process.

    Args:
        cfg: As for :func:`build_runner`; changed in place.
        folder: Its work dir.
        fresh: As for :func:`build_runner`.
    """
    cfg.work_dir = str(folder)
    # MMEngine knows Runners by this name, and two of one process must not share one.
    cfg.experiment_name = str(folder.resolve()).replace('/', '_')
    return build_runner(cfg, frozen=True, fresh=fresh)
