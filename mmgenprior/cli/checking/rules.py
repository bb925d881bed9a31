"""Keys of a config that belong together, and what a command needs of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mmgenprior.cli.checking.schema import shipped_schema
from mmgenprior.weights.catalogue import catalogue

_TEST = ('test_dataloader', 'test_cfg', 'test_evaluator')
_TRAIN = ('train_dataloader', 'train_cfg', 'optim_wrapper')


def broken_rules(cfg: Mapping[str, Any], purpose: str | None = None) -> Iterator[str]:
    """Mistakes that no single key shows; the kinds of the values are right already.

    Args:
        cfg: The config.
        purpose: ``'test'`` or ``'train'``; None is either.
    """
    if cfg.get('model') is None:
        yield 'model is missing'
        return
    yield from _purpose(cfg, purpose)
    yield from _hooks(cfg)
    yield from _search(_section(cfg, 'model'))
    for name in ('train_dataloader', 'test_dataloader'):
        yield from _indices(_section(_section(cfg, name), 'dataset'), f'{name}.dataset')


def _section(cfg: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A dict of the config; empty where it is None, a list, or an object that code put there."""
    value = cfg.get(key)
    return value if isinstance(value, Mapping) else {}


def _purpose(cfg: Mapping[str, Any], purpose: str | None) -> Iterator[str]:
    tests, trains = ([cfg.get(key) is not None for key in keys] for keys in (_TEST, _TRAIN))
    if purpose == 'test' and not any(tests):
        hint = ': it trains, use `mmgenprior train`' if all(trains) else ''
        yield f"'test_dataloader' is missing{hint}"
    elif purpose == 'train' and not any(trains):
        yield "'train_cfg' is missing: it restores, use `mmgenprior test`"
    elif purpose is None and not any(tests + trains):
        yield 'there is neither test_dataloader nor train_dataloader, so there is nothing to do'
    for keys, given in ((_TEST, tests), (_TRAIN, trains)):
        if any(given) and not all(given):
            yield f"'{keys[given.index(False)]}' is missing beside '{keys[given.index(True)]}'"


def _hooks(cfg: Mapping[str, Any]) -> Iterator[str]:
    if _section(cfg, 'test_cfg').get('type') != 'RestorationTestLoop':
        return
    if isinstance(cfg.get('test_dataloader'), (list, tuple)):
        yield 'test_dataloader must be a dict, not a list: a restoration takes one data set'
    if not _section(cfg, 'default_hooks').get('report'):
        yield (
            "default_hooks.report must be a dict with a 'type', not None: the report writes what "
            'is restored; to leave its pictures out set default_hooks.report.pictures=False'
        )


def _search(model: Mapping[str, Any]) -> Iterator[str]:
    if model.get('start') is not None and model.get('restarts', 1) != 1:
        yield 'model.restarts belongs to the random start: give start or restarts'
    needs_own = model.get('type') == 'MAPD' or (
        model.get('type') == 'DGP' and model.get('distance') is None
    )
    if needs_own and model.get('discriminator') is None:
        yield from _discriminator(model['type'], model.get('prior'))


def _discriminator(method: str, prior: Any) -> Iterator[str]:
    if isinstance(prior, Mapping):
        prior = prior.get('name') if prior.get('type') == 'zoo' else None
    entry = catalogue().get(prior) if isinstance(prior, str) else None
    if entry is None:
        yield (
            f'model.discriminator is missing: {method} needs the discriminator that the prior was '
            "trained with; give dict(type='Discriminator', network=..., checkpoint=...) or a prior "
            'of the catalogue'
        )
    elif entry.discriminator is None:
        known = [name for name, other in catalogue().items() if other.discriminator]
        yield (
            f"model.prior: '{prior}' has no discriminator in the catalogue, which {method} needs; "
            f'priors that have one: {", ".join(sorted(known))}'
        )


def _indices(dataset: Mapping[str, Any], path: str) -> Iterator[str]:
    indices, length = dataset.get('indices'), dataset.get('length')
    if indices == 0 or (isinstance(indices, (list, tuple)) and not indices):
        yield f'{path}.indices={indices!r} takes no image'
    if dataset.get('type') != 'ToyFacesDataset' or not isinstance(indices, (list, tuple)):
        return
    if length is None:
        length = shipped_schema().signature(['dataset'], 'ToyFacesDataset').defaults['length']
    outside = [index for index in indices if not -length <= index < length]
    if outside:
        yield f'{path}.indices: {outside[0]} is none of the {length} images, 0..{length - 1}'
