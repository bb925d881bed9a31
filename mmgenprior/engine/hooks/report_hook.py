"""What a run leaves behind: numbers, pictures, and the settings that made them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmagic.registry import HOOKS
from mmengine.dist import all_gather_object, get_rank, is_main_process
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from torch import Tensor

from mmgenprior.datasets.validation import Findings, refuse_clashes
from mmgenprior.engine.hooks.pictures import sheet_line
from mmgenprior.engine.hooks.run_log import note, say
from mmgenprior.engine.identity import Sources, weights_digest
from mmgenprior.engine.inputs import check_inputs, leave_out_failing
from mmgenprior.engine.on_main import on_main
from mmgenprior.engine.work_dir import Start, WorkDir
from mmgenprior.evaluation.evaluator import (
    RestorationEvaluator,
    measurement_pictures,
    sample_key,
)
from mmgenprior.images import to_uint8
from mmgenprior.ledger.averaging import MEASUREMENT, variant_names
from mmgenprior.ledger.entries import Entry
from mmgenprior.ledger.failures import Failure
from mmgenprior.ledger.ledger import Head
from mmgenprior.ledger.settings import settings_of
from mmgenprior.ledger.summary import Summary, progress
from mmgenprior.utils.command_line import same_command
from mmgenprior.utils.files import digest, file_of, write_png
from mmgenprior.utils.names import listed
from mmgenprior.utils.signals import unbroken
from mmgenprior.visualization import metrics_table, print_table

# Of a row, what the ledger keeps elsewhere or only this start knows.
_ELSEWHERE = ('key', 'sample_idx', 'seconds')


@HOOKS.register_module()
class RestorationReportHook(Hook):
    """Write the results of a test run into its work dir, image by image, and go on with them.

    ========================  =====================================================
    file                      content
    ========================  =====================================================
    ``config.py``             the resolved config
    ``restored/<key>.png``    the main variant
    ``variants/<name>/…``     the other variants, with ``save_variants``
    ``pictures/<key>.png``    measurement | variants | restored | ground truth
    ``parts/``                the ledger: a line per finished image, written at once
    ``metrics.json``          name → number, over all images
    ``per_image.csv``         one row per image, by key
    ``seconds.csv``           the seconds that each took, which no rerun repeats
    ``sheet.png``             the first pictures below each other
    ``errors.csv``            images that could not be restored, and why
    ========================  =====================================================

    Every file is renamed into place when complete. Each process writes its own
    images; the first one writes the rest. ``test_evaluator`` must be a
    :class:`mmgenprior.evaluation.RestorationEvaluator`.

    A start takes over what an earlier one with the same model, data and metrics has finished,
    where weights, input and files are as they were (:mod:`mmgenprior.ledger`); how many images
    are asked for (``length`` or ``indices`` of the data set) may change. That needs
    ``sampler=dict(type='RestorationSampler')``; another one restores all images again.

    Other hooks may put into a sample's metainfo ``saved`` what they have written of it (path
    relative to the work dir → SHA-256), and tell by ``files_of(key)`` what must have been.

    Args:
        save_variants: Save each variant's picture file, not only the main one's.
        pictures: Write ``pictures/`` and ``sheet.png``.
        sheet_images: Number of images on the sheet.
        summary: Say how many images are done; print the table, and where the files are.

    Attributes:
        fresh: Move the results of earlier runs aside and start anew. No option of the config,
            which is kept in the work dir to be run again; as are the next two.
        skips_failing: Go on without images that cannot be read or restored, instead of stopping
            at the first; before the first search all are checked (:mod:`mmgenprior.datasets.
            validation`).
        findings: What a check of the files has found already, or None.
        failures: Images that could not be restored, of all processes, once the run has ended.

    Raises:
        UserError: A file cannot be written, the work dir holds results of other settings, or
            another run is at work in it; the line says which.
        TypeError: The evaluator is another one.
    """

    priority = 'LOWEST'

    def __init__(
        self,
        save_variants: bool = False,
        pictures: bool = True,
        sheet_images: int = 16,
        summary: bool = True,
    ) -> None:
        self.save_variants = save_variants
        self.pictures = pictures
        self.sheet_images = sheet_images
        self.summary = summary
        self.fresh = False
        self.skips_failing = False
        self.findings: Findings | None = None
        self.failures: list[Failure] = []
        self.done: Summary | None = None
        self._work_dir: WorkDir | None = None
        self._start: Start | None = None

    # -- before ---------------------------------------------------------------------

    def before_test(self, runner: Any) -> None:
        """Prepare the work dir, and take over finished images."""
        self.folder = Path(runner.work_dir)
        self.evaluator = self._find_evaluator(runner)
        loader = runner.test_loop.dataloaders[0]
        self._sources = Sources(loader.dataset)
        self._work_dir = WorkDir(self.folder)
        self._start = on_main(lambda: self._begin(runner, loader.sampler))
        if self.summary and is_main_process():
            say(f'{progress(len(self._start.kept), len(self._sources.index))}.')
        if self.skips_failing:
            runner.test_loop.skips_failing = True
            leave_out_failing(loader)
        self.failures = list(self._start.failures) if is_main_process() else []
        left_out = [*self._start.kept, *(failed.key for failed in self._start.failures)]
        if left_out:
            index = self._sources.index
            if hasattr(loader.sampler, 'skip'):
                loader.sampler.skip(index[key] for key in left_out)
            if is_main_process():
                entries = self._work_dir.ledger.entries
                self.evaluator.load_rows(
                    [dict(entries[k].row, key=k, sample_idx=index[k]) for k in self._start.kept]
                )
        self._work_dir.ledger.open(get_rank())

    def _begin(self, runner: Any, sampler: Any) -> Start:
        """In the first process: what is taken over, and what all note."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        settings = settings_of(runner.cfg)
        work_dir = self._work_dir
        work_dir.open(settings, self.fresh, say)
        head = Head(
            settings,
            digest(settings),
            weights_digest(model, settings),
            list(self._sources.index),
            self.evaluator.plans,
            self.evaluator.aliases,
            self.sheet_images if self.pictures else 0,
        )
        takes_over = hasattr(sampler, 'skip')
        if not takes_over and work_dir.ledger.entries:
            say(f'{type(sampler).__name__} leaves out no image: finished ones are restored again.')
        others = [hook.files_of for hook in runner.hooks if hasattr(hook, 'files_of')]
        start = work_dir.begin(
            head,
            runner.cfg.pretty_text,
            self._sources.digest if takes_over else None,
            lambda entry: sum((files_of(entry.key) for files_of in others), self._needed(entry)),
            say,
        )
        found = self._check_inputs(runner, model, start)
        work_dir.note_failures(found.failures)
        return replace(start, failures=found.failures)

    def _check_inputs(self, runner: Any, model: Any, start: Start) -> Findings:
        """See that all images can be read and restored, before the first search."""
        keys = [key for key in self._sources.index if key not in set(start.kept)]
        refuse_clashes(keys, self.folder)
        dataset = runner.test_loop.dataloaders[0].dataset
        samples = [self._sources.sample(key) for key in keys]
        found = check_inputs(dataset, samples, model, self.findings)
        for line in found.lines() if self.findings is None else ():
            say(line)
        if not self.skips_failing:
            found.refuse(say)
        return found

    @staticmethod
    def _find_evaluator(runner: Any) -> RestorationEvaluator:
        evaluators = getattr(runner.test_loop, 'evaluators', [])
        if len(evaluators) != 1 or not isinstance(evaluators[0], RestorationEvaluator):
            raise TypeError(
                "RestorationReportHook needs test_cfg=dict(type='RestorationTestLoop') and one "
                "test_evaluator=dict(type='RestorationEvaluator', ...)"
            )
        return evaluators[0]

    def _needed(self, entry: Entry) -> list[str]:
        """What must have been saved of an image to be taken over."""
        folders = ['restored', *(['pictures'] if self.pictures else [])]
        if self.save_variants:
            others = [n for n in entry.row['results'] if n not in (entry.row['main'], MEASUREMENT)]
            folders += [f'variants/{name}' for name in others]
        return [file_of(Path(folder), entry.key).as_posix() for folder in folders]

    # -- image by image -------------------------------------------------------------

    def before_test_iter(self, runner: Any, batch_idx: int, data_batch: Any = None) -> None:
        """Note what the images are made of, before the search and not after it."""
        keys = [sample_key(sample.to_dict()) for sample in data_batch['data_samples']]
        self._digests = {key: self._digest(key) for key in keys}

    def _digest(self, key: str) -> str:
        return self._sources.digest(key) if key in self._sources.index else ''

    def after_test_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence | None = None,
    ) -> None:
        """Save every image of the batch, then note it as finished."""
        start = self._start
        measured = measurement_pictures(data_batch, outputs)
        for sample, picture in zip(outputs, measured):
            row = sample.metainfo['row']
            trace = sample.output.get('trace')
            with unbroken():
                saved = {**sample.metainfo.get('saved', {}), **self._save(sample, picture, row)}
                entry = Entry(
                    row['key'],
                    start.run,
                    settings=start.digest,
                    weights=start.weights,
                    source=self._digests[row['key']],
                    saved=saved,
                    row={name: value for name, value in row.items() if name not in _ELSEWHERE},
                    trace=() if trace is None else _short(trace),
                    seconds=row.get('seconds'),
                )
                self._work_dir.ledger.add(entry)
            took = '' if entry.seconds is None else f' in {entry.seconds:.1f} s'
            note(f'{entry.key} is done{took}')

    def _save(self, sample: Any, picture: Any, row: dict[str, Any]) -> dict[str, str]:
        """Write the files of an image; path relative to the work dir → SHA-256."""
        output, key = sample.output, row['key']
        images = {name: to_uint8(image) for name, image in (output.get('variants') or {}).items()}
        images.pop(row['main'], None)
        files = {'restored': to_uint8(output.pred_img)}
        if self.save_variants:
            files |= {f'variants/{name}': image for name, image in images.items()}
        if self.pictures:
            metrics = self.evaluator.sample_metrics(row)
            files['pictures'] = sheet_line(sample, picture, images, row['main'], metrics)
        saved = {}
        for folder, image in files.items():
            path = file_of(self.folder / folder, key)
            saved[path.relative_to(self.folder).as_posix()] = write_png(path, image)
        return saved

    def before_saving(self) -> None:
        """See that the work dir is still there, before anything is written into it."""
        self._work_dir.see_that_it_is_there()

    def failed(self, failed: Failure) -> None:
        """Note an image that could not be restored, and go on."""
        self.failures.append(failed)
        note(f'{failed.key} failed: {failed.error}')

    # -- after ----------------------------------------------------------------------

    def after_test_epoch(self, runner: Any, metrics: dict[str, float] | None = None) -> None:
        """Write the summary of all processes' images, and print the table."""
        self._work_dir.ledger.close()
        # Waits until every process has written its last line.
        self.failures = sum(all_gather_object(self.failures), [])
        if is_main_process():
            self._work_dir.note_failures(self.failures)
            self.done = self._work_dir.summarise(self.evaluator.compute)
            if self.summary:
                self._print(self.done)
        self.close()

    def stopped(self) -> None:
        """Say what is done, and how to go on, when a run ends before its time."""
        if self._start is None or not is_main_process():
            return
        progress = self._work_dir.progress()
        say_how = f'to go on, give the same command again: {same_command()}'
        note(f'Stopped: {progress}')
        print(f'Stopped: {progress}; {say_how}', file=sys.stderr, flush=True)

    def close(self) -> None:
        """Let others into the work dir."""
        if self._work_dir is not None:
            self._work_dir.close()

    def _print(self, done: Summary) -> None:
        rows = done.rows
        mains = list(dict.fromkeys(row['main'] for row in rows))
        title = f'{len(rows)} image{"s" * (len(rows) != 1)}'
        if done.failures:
            title += f', {len(done.failures)} failed'
        main = mains[0] if mains else None
        table = metrics_table(done.metrics, variant_names(rows), main, title)
        if table is not None:
            print_table(table)
        folder = os.path.relpath(self.folder)
        if folder.startswith('..'):
            folder = str(self.folder)
        marked = [row['key'] for row in rows if row.get('search')]
        if marked:
            print(f"Diverged:        {listed(marked, 5)} (column 'search' of per_image.csv)")
        print(f'Restored images: {folder}{os.sep}restored', flush=True)
        if self.pictures:
            print(f'Side by side:    {folder}{os.sep}pictures (and sheet.png)', flush=True)
        print(f'Numbers:         {folder}{os.sep}metrics.json, per_image.csv', flush=True)


def _short(values: Tensor) -> tuple[float, ...]:
    """Numbers of single precision, in no more digits than tell them apart."""
    return tuple(map(float, values.float().numpy().astype(str)))
