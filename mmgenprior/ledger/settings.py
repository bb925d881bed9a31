"""What determines a result, as the config says it, and where two configs differ in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmgenprior.utils.errors import ExitCode, UserError
from mmgenprior.utils.files import digest
from mmgenprior.utils.names import listed
from mmgenprior.utils.plain import plain

# How many samples there are determines none of them.
_SELECTIONS = ('indices', 'length')


class OtherSettingsError(UserError):
    """A work dir holds results of other settings."""

    exit_code = ExitCode.USAGE


def settings_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Model, data set without how many samples, metrics, and the weights that are loaded.

    Args:
        config: Of a run, as the Runner holds it.
    """
    dataset = dict(config['test_dataloader']['dataset'])
    for selection in _SELECTIONS:
        dataset.pop(selection, None)
    return dict(
        model=_data(plain(config['model'])),
        test_dataloader=dict(dataset=_data(plain(dataset))),
        test_evaluator=_data(plain(config['test_evaluator'])),
        load_from=_data(config.get('load_from')),
    )


def _data(value: Any) -> Any:
    """What JSON has, the rest as its text."""
    if isinstance(value, dict):
        return {key: _data(v) for key, v in value.items()}
    if isinstance(value, list):
        return [_data(v) for v in value]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def differing_keys(old: Any, new: Any, path: str = '') -> list[str]:
    """Dotted keys at which two settings differ; the whole of a branch that one of them lacks."""
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = [(key, old.get(key, ...), new.get(key, ...)) for key in {**old, **new}]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(str(i), *both) for i, both in enumerate(zip(old, new))]
    else:
        return [] if digest(old) == digest(new) else [path]
    found = []
    for key, a, b in pairs:
        found += differing_keys(a, b, f'{path}.{key}' if path else key)
    return found


def refuse(work_dir: Path, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> None:
    """Say in one line where the settings differ, and what can be done.

    Raises:
        OtherSettingsError: Always.
    """
    keys = [] if old is None else differing_keys(old, new)
    which = f'{listed(keys, 5)} differ{"s" * (len(keys) == 1)}, ' if keys else ''
    raise OtherSettingsError(
        f"'{work_dir}' holds results of other settings ({which}see config.py there): add --fresh "
        "to start anew, which moves them to 'old' in it, or give another --work-dir"
    )


def files_named(settings: Any, path: str = '') -> Iterator[tuple[str, Path]]:
    """Dotted key and path of every existing file that the settings name."""
    if isinstance(settings, dict):
        for key, value in settings.items():
            yield from files_named(value, f'{path}.{key}' if path else key)
    elif isinstance(settings, list):
        for i, value in enumerate(settings):
            yield from files_named(value, f'{path}.{i}')
    elif isinstance(settings, str) and '.' in settings and len(settings) < 4096:
        try:
            file = Path(settings).expanduser()
            if file.is_file():
                yield path, file
        except (OSError, RuntimeError, ValueError):  # no path at all
            return
