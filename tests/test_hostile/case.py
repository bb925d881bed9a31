"""One hostile or broken input: how it is made, which command meets it, and what that says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmgenprior.utils.errors import ExitCode

# Folder → the words of the command that is given what was made in it.
Make = Callable[[Path], Sequence[str]]

_SR4 = dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)


@dataclass(frozen=True)
class Case:
    """An input.

    Attributes:
        name: What it is called.
        make: Makes it.
        said: Part of the one line.
        status: What the command exits with.
        environ: Variables; ``{folder}`` stands for the folder that it was made in.
    """

    name: str
    make: Make
    said: str
    status: int = ExitCode.ERROR
    environ: Mapping[str, str] = field(default_factory=dict)


def run_config(photos: Path, measured: bool = False, **dataset: object) -> dict:
    """A whole run without a search, as data: bicubic of what lies in a folder."""
    return dict(
        default_scope='mmagic',
        custom_imports=dict(imports=['mmgenprior.components'], allow_failed_imports=False),
        model=dict(type='Bicubic'),
        test_cfg=dict(type='RestorationTestLoop'),
        test_evaluator=dict(type='RestorationEvaluator', metrics=[dict(type='PSNR')]),
        test_dataloader=dict(
            batch_size=4,
            num_workers=0,
            sampler=dict(type='RestorationSampler'),
            dataset=dict(
                type='RestorationDataset',
                data_root=str(photos),
                **{
                    'data_prefix': dict(img='') if measured else dict(gt=''),
                    'degradation': _SR4,
                    'size': 16,
                    **dataset,
                },
            ),
        ),
        default_hooks=dict(
            timer=None,
            logger=None,
            param_scheduler=None,
            checkpoint=None,
            report=dict(type='RestorationReportHook'),
        ),
        visualizer=dict(type='Visualizer', vis_backends=None),
        log_level='WARNING',
    )


def run_words(folder: Path, *more: str, **options: object) -> list[str]:
    """``mmgenprior test`` on the folder ``photos`` in a folder."""
    config = folder / 'run.json'
    config.write_text(json.dumps(run_config(folder / 'photos', **options)))
    return ['test', str(config), '--work-dir', str(folder / 'work'), *more]
