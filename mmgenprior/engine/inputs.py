"""What a run checks of its images before the first search, and how it goes on without some."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mmengine.dataset import BaseDataset
from torch.utils.data import DataLoader

from mmgenprior.datasets.validation import Findings, fitting, validate
from mmgenprior.ledger.failures import Failure, failure
from mmgenprior.utils.errors import ConfigError, UserError

# In a batch, beside the samples that could be loaded.
FAILURES = 'failures'


def check_inputs(
    dataset: Any,
    samples: Sequence[Mapping[str, Any]],
    model: Any,
    read_already: Findings | None = None,
) -> Findings:
    """Check what images need: files, then sizes against operator and generator.

    Args:
        dataset: The data set.
        samples: What it knows of those samples that are to be restored.
        model: The editor.
        read_already: What was found of the files of these samples, and maybe of others.

    Returns:
        What was found of these samples.
    """
    found = read_already or validate(samples)
    keys = {str(sample['key']) for sample in samples}
    failures = {failed.key: failed for failed in found.failures if failed.key in keys}
    steps = getattr(getattr(dataset, 'pipeline', None), 'transforms', None)
    if isinstance(dataset, BaseDataset) and steps:
        shape = getattr(getattr(model, 'prior', None), 'image_shape', None)
        rest = [sample for sample in samples if str(sample['key']) not in failures]
        # One by one: operators, which the steps share, are not made for threads.
        sizes = validate(rest, fitting(steps, shape and tuple(shape[1:])), threads=1)
        failures |= {failed.key: failed for failed in sizes.failures}
    ordered = [failures[str(s['key'])] for s in samples if str(s['key']) in failures]
    return Findings(len(samples), tuple(ordered), found.notes)


def leave_out_failing(loader: DataLoader) -> None:
    """Have a loader leave out samples that cannot be loaded, and tell them in the batch.

    A batch then has ``failures``, a list of :class:`mmgenprior.ledger.failures.Failure`.

    Args:
        loader: Of a data set with a ``pipeline``; changed in place.
    """
    dataset = loader.dataset
    if hasattr(dataset, 'pipeline') and not isinstance(dataset.pipeline, _Guarded):
        dataset.pipeline = _Guarded(dataset.pipeline)
        loader.collate_fn = _LeavingOut(loader.collate_fn)


class _Guarded:
    """A pipeline that returns a :class:`Failure` for a sample that it cannot load."""

    def __init__(self, pipeline: Callable[[dict], dict]) -> None:
        self.pipeline = pipeline

    def __call__(self, sample: dict) -> dict | Failure:
        key, files = str(sample.get('key', '')), [v for k, v in sample.items() if '_path' in k]
        try:
            return self.pipeline(sample)
        except ConfigError:
            raise
        except UserError as error:
            return failure(key, str(files[0]) if files else '', error)

    def __getattr__(self, name: str) -> Any:
        if name == 'pipeline':  # while it is unpickled in a worker
            raise AttributeError(name)
        return getattr(self.pipeline, name)


class _LeavingOut:
    """Collates the samples that could be loaded."""

    def __init__(self, collate: Callable[[Sequence], dict]) -> None:
        self.collate = collate

    def __call__(self, samples: Sequence[dict | Failure]) -> dict:
        good = [sample for sample in samples if not isinstance(sample, Failure)]
        batch = self.collate(good) if good else dict(data_samples=[])
        return {**batch, FAILURES: [s for s in samples if isinstance(s, Failure)]}
