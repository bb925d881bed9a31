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

    from mmgenprior.datasets.validation import Findings


def build_runner(
    cfg: Config,
    frozen: bool,
    fresh: bool = False,
    shared: bool = False,
    skips_failing: bool = False,
    findings: Findings | None = None,
) -> Runner:
    """Register every component, join the other processes and build the Runner.

    Args:
        cfg: As :func:`mmgenprior.cli.configs.load_config` returns it.
        frozen: Whether no gradient is shared between processes (a test), so that the model is
            wrapped by ``PassThroughWrapper`` instead of ``DistributedDataParallel``.
        fresh: Whether the report of a test starts anew instead of going on.
        shared: Whether other processes may work in the work dir of a test too.
        skips_failing: Whether a test goes on without images that cannot be restored.
        findings: What :func:`mmgenprior.cli.inputs.check_images` found.

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
    elif not frozen and cfg.launcher != 'none':
        name_no_gpu(cfg)
    runner = Runner.from_cfg(cfg)
    for hook in runner.hooks:
        if hasattr(hook, 'fresh'):
            hook.fresh, hook.shared = fresh, shared
            hook.skips_failing, hook.findings = skips_failing, findings
    return runner


def name_no_gpu(cfg: Config) -> None:
    """Let processes share gradients without a GPU, of which MMEngine always names one."""
    from mmengine.device import get_device

    if get_device() != 'cpu':
        return
    if cfg.get('model_wrapper_cfg') is None:
        shared = dict(broadcast_buffers=False)
        shared['find_unused_parameters'] = cfg.get('find_unused_parameters', False)
        cfg.model_wrapper_cfg = dict(type='MMDistributedDataParallel', **shared)
    cfg.model_wrapper_cfg.setdefault('device_ids', None)


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
