"""One optimisation, one table: every metric on every variant of the restoration."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from mmagic.evaluation import Evaluator
from mmagic.evaluation.metrics.base_sample_wise_metric import BaseSampleWiseMetric
from mmagic.registry import EVALUATORS, METRICS
from mmengine.dist import all_gather_object
from mmengine.logging import MMLogger, print_log

from mmgenprior.evaluation.backbones import MetricUnavailable
from mmgenprior.images import bgr255
from mmgenprior.ledger.averaging import MEASUREMENT, aggregate, by_plan
from mmgenprior.utils.errors import UserError

Row = dict[str, Any]


@EVALUATORS.register_module()
class RestorationEvaluator(Evaluator):
    """Run sample-wise metrics on the restored image and on all its variants.

    MMagic's evaluator sees one prediction per sample, and runs the data set
    once per group of metrics. Here the optimisation is the expensive part, so it
    runs once: the metrics see ``output.pred_img``, every image of
    ``output.variants`` and, where it is a picture of the size of the ground truth,
    the measurement. Metrics that need a ground truth leave out the samples that
    have none.

    :meth:`evaluate` merges the samples of all processes, drops the duplicates of
    a padded sampler, orders by sample key and only then averages (in float64), so
    that the number of processes cannot change a digit. Names are ``PSNR`` for the
    main variant and ``<variant>/PSNR`` for each of them.

    A metric with a network has a method ``load``. It is called before the first image;
    if the weights cannot be had, one line says so, and the metric is left out of all
    results.

    Args:
        metrics: Configs of metrics that derive from MMagic's
            ``BaseSampleWiseMetric``.
        measurement: Evaluate the measurement's picture too where it can be.
        aliases: Further names of results, e.g. ``{'AuC_prior': 'prior/AuC'}``.

    Raises:
        UserError: A metric is not sample-wise.
    """

    def __init__(
        self,
        metrics: dict | Sequence[dict],
        measurement: bool = True,
        aliases: dict[str, str] | None = None,
    ) -> None:
        metrics = [metrics] if isinstance(metrics, dict) else list(metrics)
        for metric in metrics:
            _check_sample_wise(metric)
        with _without_prefix_warning():
            super().__init__(metrics)
        self._unavailable: set[int] | None = None
        self.measurement = measurement
        self.aliases = dict(aliases or {})
        self.plans = [_plan_of(metric) for metric in self.metrics]
        self.rows: dict[str, Row] = {}
        self.merged: list[Row] = []
        self.averages: dict[str, float] = {}

    def prepare_samplers(self, module: torch.nn.Module, dataloader: Any) -> list:
        """One group for all metrics, hence one pass over the data; loads their networks."""
        self._load_networks()
        return [[self.metrics, dataloader]]

    def process(
        self, data_samples: Sequence, data_batch: Any, metrics: Sequence | None = None
    ) -> None:
        """Note the metrics of a batch, and put them into each sample's metainfo as ``row``."""
        self._load_networks()
        pictures = measurement_pictures(data_batch, data_samples)
        for sample, picture in zip(data_samples, pictures):
            row = self._evaluate_sample(sample.to_dict(), picture)
            self._add(row)
            sample.set_metainfo(dict(row=row))

    def _load_networks(self) -> None:
        if self._unavailable is None:
            self._unavailable = {i for i, m in enumerate(self.metrics) if not _loaded(m)}

    def load_rows(self, rows: Sequence[Row]) -> None:
        """Take over samples that an earlier run has finished."""
        for row in rows:
            self._add(row)

    def _add(self, row: Row) -> None:
        known = self.rows.setdefault(row['key'], row)
        if known['sample_idx'] != row['sample_idx']:
            raise ValueError(
                f'Two samples of the data set have the key {row["key"]!r}; keys must differ '
                '(RestorationDataset sees to that)'
            )

    def _evaluate_sample(self, sample: dict, picture: torch.Tensor | None) -> Row:
        output = sample['output']
        gt = sample.get('gt_img')
        main = output.get('main') or 'restored'
        variants = {**(output.get('variants') or {})}
        variants.setdefault(main, output['pred_img'])
        if self.measurement and gt is not None and _shows_measurement(sample, picture, gt):
            variants = {MEASUREMENT: picture, **variants}
        results = {
            name: self._measure(sample, name, image, gt is not None)
            for name, image in variants.items()
        }
        row = dict(
            key=sample_key(sample),
            sample_idx=int(sample.get('sample_idx', -1)),
            main=main,
            has_gt=gt is not None,
            results=results,
        )
        if output.get('objective') is not None:
            row['objective'] = float(output['objective'])
        if output.get('search'):
            row['search'] = str(output['search'])
        if output.get('seconds') is not None:
            row['seconds'] = float(output['seconds'])
        return row

    def _measure(
        self, sample: dict, name: str, image: torch.Tensor, has_gt: bool
    ) -> list[dict | None]:
        """Raw results of every metric for one variant; None where it does not apply."""
        view = {**sample, 'output': {**sample['output'], 'pred_img': image, 'variant': name}}
        results: list[dict | None] = []
        for i, metric in enumerate(self.metrics):
            lacks_gt = getattr(metric, 'needs_gt', True) and not has_gt
            if lacks_gt or i in self._unavailable:
                results.append(None)
                continue
            before = len(metric.results)
            metric.process(None, [view])
            # The rows are ours: the metric's own list cannot be merged once samples are left out.
            noted = metric.results[before:]
            del metric.results[before:]
            results.append({k: float(v) for k, v in noted[0].items()} if noted else None)
        return results

    def evaluate(self) -> dict[str, float]:
        """Merge all processes' samples and average; the same on every process."""
        gathered = all_gather_object(self.rows)
        merged: dict[str, Row] = {}
        for rows in gathered:
            for key, row in rows.items():
                if merged.setdefault(key, row)['sample_idx'] != row['sample_idx']:
                    raise ValueError(f'Two samples of the data set have the key {key!r}')
        self.merged = [merged[key] for key in sorted(merged)]
        self.rows = {}
        self._report_missing()
        self.averages = self._aggregate(self.merged)
        return self.averages

    def _aggregate(self, rows: list[Row]) -> dict[str, float]:
        return aggregate(rows, self.plans, self.aliases, self.compute)

    def compute(self, number: int, results: Sequence[dict]) -> dict[str, float]:
        """Average the results of the metric of that number, by its plan or its own code."""
        if self.plans[number]['kind'] == 'own':
            return self.metrics[number].compute_metrics(list(results))
        return by_plan(self.plans)(number, results)

    def sample_metrics(self, row: Row) -> dict[str, float]:
        """Flat metrics of one sample, named as those of :meth:`evaluate`."""
        return self._aggregate([row])

    def _report_missing(self) -> None:
        without = sum(not row['has_gt'] for row in self.merged)
        need = [type(m).__name__ for m in self.metrics if getattr(m, 'needs_gt', True)]
        if without and need:
            kept = len(self.merged) - without
            what = f'are over the {kept} that have' if kept else 'are left out for want of'
            print_log(
                f'{without} of {len(self.merged)} images have no ground truth: '
                f'{", ".join(need)} {what} one.',
                logger='current',
                level=logging.WARNING,
            )
        self._report_partial()

    def _report_partial(self) -> None:
        """Say which metrics had their weights for a part of the images only, after a resume."""
        rows = [row for row in self.merged if row['has_gt']]
        for i, metric in enumerate(self.metrics):
            have = sum(row['results'][row['main']][i] is not None for row in rows)
            if hasattr(metric, 'load') and 0 < have < len(rows):
                print_log(
                    f'{type(metric).__name__} is over {have} of {len(rows)} images: the others '
                    'were restored when its weights, or their labels, were missing.',
                    logger='current',
                    level=logging.WARNING,
                )


def _loaded(metric: Any) -> bool:
    """Load the network of a metric that has one; False, and one line, if it cannot be had."""
    if not hasattr(metric, 'load'):
        return True
    try:
        metric.load()
    except MetricUnavailable as error:
        print_log(str(error), logger='current', level=logging.WARNING)
        return False
    return True


def _plan_of(metric: BaseSampleWiseMetric) -> dict[str, Any]:
    """How a metric averages, as :mod:`mmgenprior.ledger.averaging` reads it."""
    # A class that averages in its own way says so where it defines it, or not at all.
    owner = next(c for c in type(metric).__mro__ if 'compute_metrics' in vars(c))
    kind = 'mean' if owner is BaseSampleWiseMetric else vars(owner).get('averaged_by', 'own')
    plan = dict(kind=kind, prefix=metric.prefix or '')
    if kind in ('mean', 'pooled_psnr'):
        plan.update(names=[metric.metric], scaling=metric.scaling)
    return plan


def _check_sample_wise(metric: Any) -> None:
    # Before it is built: others load networks.
    kind = METRICS.get(metric['type']) if isinstance(metric, dict) else type(metric)
    if kind is not None and not issubclass(kind, BaseSampleWiseMetric):
        raise UserError(
            f'test_evaluator: {kind.__name__} is of a set of pictures and not of each: score the '
            "folder 'restored' of the work dir by tools/evaluate_prior.py --inception"
        )


@contextmanager
def _without_prefix_warning() -> Iterator[None]:
    """MMEngine warns of every metric without a prefix; here the variant is the prefix."""
    logger = MMLogger.get_current_instance()

    def keep(record: logging.LogRecord) -> bool:
        return 'The prefix is not set in metric class' not in record.getMessage()

    logger.addFilter(keep)
    try:
        yield
    finally:
        logger.removeFilter(keep)


def sample_key(sample: dict) -> str:
    """The key of a sample, its own or its measurement's."""
    if 'key' in sample:
        return str(sample['key'])
    if 'measurement' in sample:
        return sample['measurement'].key
    raise KeyError("A data sample has no key; name 'key' in meta_keys of PackInputs")


def _shows_measurement(sample: dict, picture: torch.Tensor | None, gt: torch.Tensor) -> bool:
    """Whether the picture is the measurement itself, at the size of the ground truth."""
    if picture is None or tuple(picture.shape) != tuple(gt.shape):
        return False
    measurement = sample.get('measurement')
    return measurement is None or measurement.is_picture


def measurement_pictures(data_batch: Any, samples: Sequence) -> list[torch.Tensor | None]:
    """Pictures of the measurements of a batch, 3×h×w, BGR on the scale [0, 255].

    Args:
        data_batch: What the pipeline made; of stored pictures ``inputs`` hold ``img``.
        samples: Data samples, which carry a ``measurement`` otherwise.
    """
    inputs = data_batch.get('inputs') if isinstance(data_batch, dict) else None
    stored = inputs.get('img') if isinstance(inputs, dict) else None
    found = []
    for i, sample in enumerate(samples):
        measurement = sample.metainfo.get('measurement')
        if measurement is not None:
            found.append(bgr255(measurement.picture()))
        else:
            found.append(None if stored is None else stored[i])
    return found
