"""The Runner of a config."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmgenprior.cli.checking.preflight import check_model
from mmgenprior.cli.launch import join_processes

if TYPE_CHECKING:
    from mmengine.config import Config
    from mmengine.runner import Runner

    from mmgenprior.datasets.validation import Findings


def build_runner(
    cfg: Config,
    frozen: bool,
    fresh: bool = False,
    skips_failing: bool = False,
    findings: Findings | None = None,
) -> Runner:
    """Register every component, join the other processes and build the Runner.

    Args:
        cfg: As :func:`mmgenprior.cli.configs.load_config` returns it.
        frozen: Whether no gradient is shared between processes (a test), so that the model is
            wrapped by ``PassThroughWrapper`` instead of ``DistributedDataParallel``.
        fresh: Whether the report of a test starts anew instead of going on.
        skips_failing: Whether a test goes on without images that cannot be restored.
        findings: What :func:`mmgenprior.cli.inputs.check_images` found.

    Raises:
        ConfigError: If generator, operators and pictures do not fit one another.
    """
    from mmengine.runner import Runner
    from mmengine.utils import import_modules_from_strings

    import mmgenprior.components  # noqa: F401

    if cfg.get('custom_imports'):
        import_modules_from_strings(**cfg.custom_imports)
    check_model(cfg)
    join_processes(cfg.launcher)
    if frozen and cfg.launcher != 'none' and cfg.get('model_wrapper_cfg') is None:
        cfg.model_wrapper_cfg = dict(type='PassThroughWrapper')
    runner = Runner.from_cfg(cfg)
    for hook in runner.hooks:
        if hasattr(hook, 'fresh'):
            hook.fresh = fresh
            hook.skips_failing, hook.findings = skips_failing, findings
    return runner
