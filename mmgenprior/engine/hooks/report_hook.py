"""What a run leaves behind: numbers, pictures, and the settings that made them."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmagic.registry import HOOKS
from mmengine.dist import barrier, get_rank, is_main_process
from mmengine.hooks import Hook
from mmengine.logging import print_log
from rich.console import Console

from mmgenprior.evaluation.evaluator import (
    MEASUREMENT,
    RestorationEvaluator,
    measurement_pictures,
    sample_key,
    variant_names,
)
from mmgenprior.images import array_of, to_uint8
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.files import (
    Row,
    RowFile,
    digest,
    file_of,
    read_rows,
    write_atomically,
    write_png,
)
from mmgenprior.utils.plain import plain
from mmgenprior.visualization import (
    map_picture,
    metrics_table,
    panel_size,
    side_by_side,
    stack,
)

# Deviations and errors shown darkest and brightest.
_DEVIATIONS = (0, 0.2)


@HOOKS.register_module()
class RestorationReportHook(Hook):
    """Write the results of a test run into its work dir, image by image.

    ========================  =====================================================
    file                      content
    ========================  =====================================================
    ``config.py``             the resolved config
    ``restored/<key>.png``    the main variant
    ``variants/<name>/…``     the other variants, with ``save_variants``
    ``pictures/<key>.png``    measurement | variants | restored | ground truth
    ``parts/rank<r>.jsonl``   one line per finished image, written at once
    ``metrics.json``          name → number, over all images
    ``per_image.csv``         one row per image, by key, with the seconds that it took
    ``sheet.png``             the first pictures below each other
    ========================  =====================================================

    Every file is renamed into place when complete. Each process writes its own
    images; the first one writes the rest. ``test_evaluator`` must be a
    :class:`mmgenprior.evaluation.RestorationEvaluator`.

    Args:
        save_variants: Save each variant's picture file, not only the main one's.
        pictures: Write ``pictures/`` and ``sheet.png``.
        sheet_images: Number of images on the sheet.
        summary: Print the table, and where the files are.
        resume: Take over images that an earlier run with the same model, data and
            metrics has finished in this work dir; needs
            ``sampler=dict(type='RestorationSampler')``. Otherwise start anew. How many images
            are asked for (``length`` or ``indices`` of the data set) may change.
        refuse_other_settings: On resume, an image of other settings is an error; else it is
            restored again.

    Raises:
        UserError: A file cannot be written, or an image has other settings; the line names it.
        TypeError: The evaluator or, on resume, the sampler is another one.
    """

    priority = 'LOWEST'

    def __init__(
        self,
        save_variants: bool = False,
        pictures: bool = True,
        sheet_images: int = 16,
        summary: bool = True,
        resume: bool = False,
        refuse_other_settings: bool = False,
    ) -> None:
        self.save_variants = save_variants
        self.pictures = pictures
        self.sheet_images = sheet_images
        self.summary = summary
        self.resume = resume
        self.refuse_other_settings = refuse_other_settings
        self._rows: RowFile | None = None

    # -- before ---------------------------------------------------------------------

    def before_test(self, runner: Any) -> None:
        """Prepare the work dir, and take over finished images on resume."""
        self.folder = Path(runner.work_dir)
        self.evaluator = self._find_evaluator(runner)
        self.config_digest = _settings_digest(runner.cfg)
        parts = self.folder / 'parts'
        noted = read_rows(sorted(parts.glob('rank*.jsonl'))) if self.resume else []
        runs = [row.get('run', 0) for row in noted]
        self._run = 1 + max(runs, default=0)
        # Of several runs the last one has made the pictures; a stable sort keeps a file's order.
        finished = {row['key']: row for row in sorted(noted, key=lambda row: row.get('run', 0))}
        self._other = {k for k, row in finished.items() if row['settings'] != self.config_digest}
        if self._other and self.refuse_other_settings:
            raise UserError(
                f"{self.folder}: '{min(self._other)}' was restored with other settings, see "
                'config.py there: take another folder, or the same settings'
            )
        barrier()  # everybody has read before anybody writes
        if is_main_process():
            if not self.resume:
                self._remove_stale(parts)
            write_atomically(self.folder / 'config.py', runner.cfg.pretty_text.encode())
        barrier()
        self._take_over(runner, finished)
        self._rows = RowFile(parts / f'rank{get_rank()}.jsonl')

    @staticmethod
    def _find_evaluator(runner: Any) -> RestorationEvaluator:
        evaluators = getattr(runner.test_loop, 'evaluators', [])
        if len(evaluators) != 1 or not isinstance(evaluators[0], RestorationEvaluator):
            raise TypeError(
                "RestorationReportHook needs test_cfg=dict(type='RestorationTestLoop') and one "
                "test_evaluator=dict(type='RestorationEvaluator', ...)"
            )
        return evaluators[0]

    def _remove_stale(self, parts: Path) -> None:
        """A summary of an earlier run must not pass for this one's."""
        stale = [self.folder / n for n in ('metrics.json', 'per_image.csv', 'sheet.png')]
        for path in [*stale, *parts.glob('rank*.jsonl')]:
            path.unlink(missing_ok=True)

    def _take_over(self, runner: Any, rows: dict[str, Row]) -> None:
        """Skip images of ``rows`` that have the same settings and still lie on the disk."""
        known = {
            key: row
            for key, row in rows.items()
            if key not in self._other and file_of(self.folder / 'restored', key).is_file()
        }
        if not known:
            return
        loader = runner.test_loop.dataloaders[0]
        dataset, sampler = loader.dataset, loader.sampler
        if not hasattr(sampler, 'skip'):
            raise TypeError("resume=True needs sampler=dict(type='RestorationSampler')")
        index = {str(dataset.get_data_info(i)['key']): i for i in range(len(dataset))}
        kept = [{**row, 'sample_idx': index[key]} for key, row in known.items() if key in index]
        sampler.skip(row['sample_idx'] for row in kept)
        self.evaluator.load_rows(kept)
        self._say(f'{len(kept)} of {len(dataset)} images are taken over from an earlier run.')

    # -- image by image -------------------------------------------------------------

    def before_test_iter(self, runner: Any, batch_idx: int, data_batch: Any = None) -> None:
        """Take back what is noted of images whose pictures are about to be replaced."""
        if not self._other:
            return
        for sample in data_batch['data_samples']:
            key = sample_key(sample.to_dict())
            if key in self._other:
                self._rows.add(dict(key=key, settings=None, run=self._run))

    def after_test_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence | None = None,
    ) -> None:
        """Save every image of the batch, then note it as finished."""
        measured = measurement_pictures(data_batch, outputs)
        for sample, picture in zip(outputs, measured):
            row = sample.metainfo['row']
            self._save(sample, picture, row)
            self._rows.add({**row, 'settings': self.config_digest, 'run': self._run})

    def _save(self, sample: Any, picture: Any, row: Row) -> None:
        output, key = sample.output, row['key']
        restored = to_uint8(output.pred_img)
        images = {name: to_uint8(image) for name, image in (output.get('variants') or {}).items()}
        images.pop(row['main'], None)
        write_png(file_of(self.folder / 'restored', key), restored)
        if self.save_variants:
            for name, image in images.items():
                write_png(file_of(self.folder / 'variants' / name, key), image)
        if not self.pictures:
            return
        # A variant of that name is the same picture, with its numbers.
        shown = picture is None or MEASUREMENT in images
        panels = [] if shown else [(MEASUREMENT, to_uint8(picture))]
        panels += [*images.items(), (row['main'], restored)]
        metrics = self.evaluator.sample_metrics(row)
        panels = [(_label(name, metrics), image) for name, image in panels]
        if 'gt_img' in sample:
            panels.append(('ground truth', to_uint8(sample.gt_img)))
        panels += _certainty(sample)
        size = panel_size(*restored.shape[:2])
        write_png(file_of(self.folder / 'pictures', key), side_by_side(panels, size))

    # -- after ----------------------------------------------------------------------

    def after_test_epoch(self, runner: Any, metrics: dict[str, float] | None = None) -> None:
        """Write the summary of all processes' images, and print the table."""
        self._rows.close()
        barrier()
        if not is_main_process():
            return
        rows = self.evaluator.merged
        metrics = _main_first(metrics or {}, rows)
        write_atomically(self.folder / 'metrics.json', (json.dumps(metrics, indent=1)).encode())
        write_atomically(self.folder / 'per_image.csv', self._csv(rows).encode())
        if self.pictures and rows:
            self._write_sheet(rows)
        if self.summary:
            self._print(metrics, rows)

    def _csv(self, rows: list[Row]) -> str:
        table = []
        for row in rows:
            flat = _main_first(self.evaluator.sample_metrics(row), [row])
            own = {name: row[name] for name in ('objective', 'seconds') if name in row}
            table.append({'key': row['key'], **own, **flat})
        columns = list(dict.fromkeys(name for line in table for name in line)) or ['key']
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, restval='', lineterminator='\n')
        writer.writeheader()
        writer.writerows(table)
        return text.getvalue()

    def _write_sheet(self, rows: list[Row]) -> None:
        files = [file_of(self.folder / 'pictures', r['key']) for r in rows[: self.sheet_images]]
        pictures = [_read_png(f) for f in files if f.is_file()]
        if pictures:
            write_png(self.folder / 'sheet.png', stack(pictures))

    def _print(self, metrics: dict[str, float], rows: list[Row]) -> None:
        mains = list(dict.fromkeys(row['main'] for row in rows))
        title = f'{len(rows)} image{"s" * (len(rows) != 1)}'
        main = mains[0] if mains else None
        table = metrics_table(metrics, variant_names(rows), main, title)
        if table is not None:
            # A pipe has no width; a cut table is worse than a wrapped one.
            Console(width=max(Console().width, 120)).print(table)
        folder = os.path.relpath(self.folder)
        if folder.startswith('..'):
            folder = str(self.folder)
        print(f'Restored images: {folder}{os.sep}restored', flush=True)
        if self.pictures:
            print(f'Side by side:    {folder}{os.sep}pictures (and sheet.png)', flush=True)
        print(f'Numbers:         {folder}{os.sep}metrics.json, per_image.csv', flush=True)

    @staticmethod
    def _say(line: str) -> None:
        print_log(line, logger='current', level=30)


def _label(name: str, metrics: dict[str, float]) -> str:
    psnr = metrics.get(f'{name}/PSNR')
    return name if psnr is None else f'{name} {psnr:.2f} dB'


def _certainty(sample: Any) -> list[tuple[str, np.ndarray]]:
    """The deviation and, with a ground truth, the error, on one scale; nothing without ``std``."""
    std = sample.output.get('std')
    if std is None:
        return []
    panels = [('standard deviation', map_picture(array_of(std), *_DEVIATIONS))]
    if 'gt_img' in sample:
        error = array_of(sample.output.pred_img - sample.gt_img.to(sample.output.pred_img)) / 255
        error = np.sqrt(np.square(error).mean(0, keepdims=True))
        panels.append(('|error|', map_picture(error, *_DEVIATIONS)))
    return panels


def _main_first(metrics: dict[str, float], rows: list[Row]) -> dict[str, float]:
    """Metrics of the main variant first, then each variant's."""
    variants = variant_names(rows)
    prefixed = [n for v in variants for n in metrics if n.startswith(f'{v}/')]
    plain = [n for n in metrics if n not in set(prefixed)]
    return {name: metrics[name] for name in [*plain, *prefixed]}


def _read_png(path: Path) -> np.ndarray:
    return cv2.imdecode(np.fromfile(path, dtype=np.uint8), cv2.IMREAD_COLOR)


def _settings_digest(config: Any) -> str:
    """Hash of what determines a row: the model, the samples and the metrics.

    How many samples there are determines none of them.
    """
    dataset = dict(config.test_dataloader['dataset'])
    for selection in ('indices', 'length'):
        dataset.pop(selection, None)
    return digest(*(plain(c) for c in (config.model, dataset, config.test_evaluator)))
