"""What the presets of the methods share: their stages, and how a config changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmgenprior.utils.errors import UserError
from mmgenprior.utils.names import nearest

# The papers' code takes squared errors on [-1, 1], four times those on [0, 1], and absolute ones
# that are twice as large.
PAPER_RANGE = dict(l2=4.0, l1=2.0)


def changed_stages(
    method: str,
    defaults: Sequence[dict[str, Any]],
    changes: Sequence[Mapping] | Mapping[str, Mapping] | None,
) -> list[dict[str, Any]]:
    """The stages of a method with the changes of a config.

    Args:
        method: Its name, for messages.
        defaults: Its own stages, as fields of :class:`mmgenprior.inversion.Stage`.
        changes: ``[dict(name=..., iterations=..., ...), ...]``: each entry changes the fields of
            the stage of its name; a method of one stage needs no name. Or, shorter, name → fields,
            ``dict(IAGAN=dict(iterations=300))``, which a command line can reach into by name:
            ``model.stages.IAGAN.iterations=300``. None changes nothing.

    Returns:
        Configs of all stages, in the method's order.

    Raises:
        UserError: If an entry names no stage of the method, or two name the same.
    """
    if isinstance(changes, Mapping):
        changes = [_named(method, name, fields) for name, fields in changes.items()]
    elif isinstance(changes, str):
        raise UserError(f"{method}: stages must be a list, stages=[dict(name='...', ...)]")
    stages = {stage['name']: dict(stage) for stage in defaults}
    seen = set()
    for change in changes or ():
        if not isinstance(change, Mapping):
            raise UserError(f'{method}: stages: {change!r} is no dict of fields of a stage')
        name = change.get('name', next(iter(stages)) if len(stages) == 1 else None)
        if name not in stages:
            hint = nearest(str(name), stages) or f': its stages are {", ".join(stages)}'
            raise UserError(f'{method} has no stage {name!r}{hint}')
        if name in seen:
            raise UserError(f'{method}: stages: two entries name {name!r}')
        seen.add(name)
        stages[name].update(change)
    return list(stages.values())


def _named(method: str, name: str, fields: Any) -> dict[str, Any]:
    if not isinstance(fields, Mapping):
        raise UserError(f'{method}: stages.{name}: {fields!r} is no dict of fields of a stage')
    return {**fields, 'name': name}


def csgm_stage(parity: bool = False) -> dict[str, Any]:
    """CSGM: Adam on the latent alone (IAGAN paper, experiments; 1,800 iterations for PGGAN).

    Args:
        parity: Keep the last iterate, as the official code, not the best.
    """
    return dict(name='CSGM', iterations=1600, latent_lr=0.1, keep='last' if parity else 'best')


def iagan_stage(parity: bool = False) -> dict[str, Any]:
    """IAGAN: Adam on the latent and all weights of the generator.

    The paper has 600 iterations (compressed sensing) or 500 (super-resolution) for BEGAN, 500 or
    300 for PGGAN, half of that under noise; weight steps of 1e-4 for BEGAN, 1e-3 for PGGAN.

    Args:
        parity: Return the image of the last forward pass, as the official code.
    """
    keep = 'last_forward' if parity else 'best'
    return dict(name='IAGAN', iterations=500, latent_lr=1e-4, weight_lr=1e-4, keep=keep)


def squared_error() -> list[dict[str, Any]]:
    """The objective of CSGM and IAGAN, on the papers' range."""
    return [dict(type='DataFidelityTerm', norm='l2', reduction='mean', weight=PAPER_RANGE['l2'])]
