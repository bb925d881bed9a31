"""What there is, with a line on each: priors, methods, damages."""

from __future__ import annotations

import html
import shutil
import textwrap
from collections.abc import Mapping


class Listing(dict[str, str]):
    """Name → one line; a dict that prints as a table."""

    def __init__(self, title: str, lines: Mapping[str, str]) -> None:
        super().__init__(lines)
        self.title = title

    def __repr__(self) -> str:
        width = max(map(len, self), default=0)
        columns = max(60, min(shutil.get_terminal_size().columns, 120))
        lines = [f'{self.title}:']
        for name, about in self.items():
            lines += textwrap.wrap(
                about,
                columns,
                initial_indent=f'  {name:<{width}}  ',
                subsequent_indent=' ' * (width + 4),
            )
        return '\n'.join(lines)

    def _repr_html_(self) -> str:
        rows = ''.join(
            f'<tr><td><code>{html.escape(name)}</code></td>'
            f'<td style="text-align:left">{html.escape(about)}</td></tr>'
            for name, about in self.items()
        )
        return f'<table><caption>{html.escape(self.title)}</caption>{rows}</table>'


def list_priors() -> Listing:
    """Priors of the catalogue by name, for ``restore(prior=...)``.

    Returns:
        Name → what it draws, how large, whether its weights are here.
    """
    import mmgenprior.converters  # noqa: F401  (catalogues name what it announces)
    from mmgenprior.weights.catalogue import catalogue
    from mmgenprior.weights.resolve import local_file

    lines = {}
    for name, entry in catalogue().items():
        here = 'here' if local_file(entry).is_file() else 'fetched at first use'
        pixels = f', {entry.resolution}×{entry.resolution}' if entry.resolution else ''
        lines[name] = f'{entry.about}{pixels}; {here}'
    return Listing('priors', lines)


def list_methods() -> Listing:
    """Methods by name, for ``restore(method=...)``."""
    from mmgenprior.api.methods import METHODS

    return Listing('methods', {name: method.about for name, method in METHODS.items()})


def list_damages() -> Listing:
    """Damages as they are written, for ``restore(damage=...)`` and the configs' ``degradation``."""
    from mmgenprior.damages import KINDS

    lines = {kind.form: kind.about for kind in KINDS.values()}
    lines['A+B'] = 'a chain, in the order of what happened: grey+hole, blur:2+noise:5'
    lines['auto'] = 'proposed from the picture, and told; the default'
    return Listing('damages', lines)
