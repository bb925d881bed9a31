"""Checking the files of a run before torch and MMagic are imported."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from mmgenprior.utils.paths import expand

if TYPE_CHECKING:
    from mmengine.config import Config

    from mmgenprior.datasets.validation import Findings, Size

_TYPES = ('RestorationDataset', 'mmagic.RestorationDataset')


def add_on_error(parser: argparse.ArgumentParser, default: str = 'stop') -> None:
    """Add ``--on-error``, for commands that restore the images of a set."""
    parser.add_argument(
        '--on-error',
        choices=['skip', 'stop'],
        default=default,
        help='what to do about images that are broken, of another size or kind: skip lists them in '
        'errors.csv of the work dir, restores all others and exits with 3; stop names them before '
        f'anything is restored ({default})',
    )


def check_images(cfg: Config, on_error: str) -> Findings | None:
    """List and check the files of a test set, in threads, without torch.

    Args:
        cfg: A config without mistakes.
        on_error: ``'stop'`` or ``'skip'``.

    Returns:
        What was found; None where the data set has no files that are known here, or several
        processes restore it, of which the first one looks later.

    Raises:
        UserError: If the folder is missing or two images have one key; with ``'stop'`` also
            if an image is at fault: all of them are named.
    """
    from mmgenprior.datasets.listing import Listing, choose, list_samples
    from mmgenprior.datasets.validation import check_files, validate

    dataset = cfg.test_dataloader.dataset
    if dataset.get('type') not in _TYPES or cfg.launcher != 'none':
        return None

    def say(line: str) -> None:
        print(line, file=sys.stderr)

    samples = choose(list_samples(Listing.of(dataset), say), dataset.get('indices'))
    check = partial(check_files, mask_size=_mask_size(dataset), invert_mask=_inverts(dataset))
    found = validate(samples, check)
    for line in found.lines():
        say(line)
    if on_error == 'stop':
        found.refuse(say)
    return found


def check_weights(cfg: Config) -> None:
    """Look at the weight files on this machine that a config names, without torch.

    Raises:
        CheckpointError: If one is no weight file, or promises more than it holds.
    """
    from mmgenprior.weights.inspection import inspect_file

    model = cfg.get('model') or {}
    prior = model.get('prior')
    prior = prior if isinstance(prior, Mapping) else {}
    for named in (cfg.get('load_from'), model.get('checkpoint'), prior.get('checkpoint')):
        if isinstance(named, str) and '://' not in named:
            path = expand(named, 'checkpoint')
            if path.is_file():
                inspect_file(path)


def _mask_size(dataset: Mapping[str, Any]) -> Size | None:
    """What masks must have, where the config says it."""
    size = dataset.get('size')
    if not size or not dataset.get('degradation'):
        return None
    return (size, size) if isinstance(size, int) else tuple(size)


def _inverts(dataset: Mapping[str, Any]) -> bool:
    steps = (dataset, *(dataset.get('pipeline') or ()))
    return any(step.get('invert_mask') for step in steps)
