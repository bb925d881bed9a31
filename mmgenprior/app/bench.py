"""From a visitor's wish to a restored photo: one search at a time, networks kept for the next."""

from __future__ import annotations

import shlex
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.api.planning import NoFaceError
from mmgenprior.api.priors import REAL_FACES, is_bundled
from mmgenprior.api.proposal import AUTO
from mmgenprior.api.restorer import Restorer
from mmgenprior.app.limits import Limits
from mmgenprior.app.searching import Watch
from mmgenprior.app.uploads import Upload, named, with_hole
from mmgenprior.damages import DamageChain, parse_damage

if TYPE_CHECKING:
    from mmgenprior.api.restoration import Restoration

# Networks of so many combinations of prior, method and seed stay in memory.
_KEPT = 3
# Where the prior draws: what a visitor reads → ``as_is``.
PLACES: dict[str, bool | str] = {
    'the faces': False,
    'the square in the middle': 'crop',
    'everywhere, in tiles': 'tile',
}
# Methods that draw several samples.
SAMPLING = ('gaussnewton',)


@dataclass(frozen=True)
class Wish:
    """What is asked of a search.

    Attributes:
        upload: The photo.
        damage: Its damage by name, or ``auto``.
        known: H×W bool, None without a hole.
        prior: Name in the catalogue, None for the default.
        method: Its name.
        place: A key of :data:`PLACES`.
        seed: Of all that is drawn.
        samples: How many draws, of methods that draw.
    """

    upload: Upload
    damage: str = AUTO
    known: np.ndarray | None = None
    prior: str | None = None
    method: str = 'gaussnewton'
    place: str = next(iter(PLACES))
    seed: int = 0
    samples: int = 1

    @property
    def options(self) -> dict[str, Any]:
        """Arguments of the method."""
        return dict(samples=self.samples) if self.method in SAMPLING else {}

    def command(self) -> str:
        """What does the same in a terminal."""
        words = ['mmgenprior', 'restore', f'{self.upload.name}{self.upload.path.suffix}']
        words += ['--damage', with_hole(self.damage, self.known)]
        if self.known is not None:
            words += ['--mask', f'{self.upload.name}_mask.png']
        if self.prior is not None:
            words += ['--prior', self.prior]
        if self.method != 'gaussnewton':
            words += ['--method', self.method]
        place = PLACES[self.place]
        words += ['--as-is', str(place)] if place else []
        words += ['--seed', str(self.seed)] if self.seed else []
        if self.options.get('samples', 1) != 1:
            words += ['--options', f'samples={self.samples}']
        return shlex.join(words)


class Bench:
    """Where searches run, one after the other.

    Args:
        limits: Of the page.
        device: See :class:`mmgenprior.Restorer`.
        options: Further arguments of every method, as in a config.
    """

    def __init__(
        self, limits: Limits, device: str = 'auto', options: dict[str, Any] | None = None
    ) -> None:
        self.limits = limits
        self.device = device
        self.options = dict(options or {})
        self._restorers: OrderedDict[tuple, Restorer] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, wish: Wish, watch: Watch) -> Restoration:
        """Restore a photo.

        Args:
            wish: What is asked.
            watch: Told of every iteration; it may raise.

        Raises:
            UserError: In one line, in the words of the page, if it cannot be done.
            Cancelled: If the watch raised it.
        """
        while not self._lock.acquire(timeout=0.2):
            watch.check()
        try:
            watch.check()
            restorer = self._restorer(wish)
            photo = wish.upload.read()
            damage = with_hole(wish.damage, wish.known)
            self._check(wish, damage)
            try:
                planned = restorer.plan(photo, damage, wish.known, PLACES[wish.place])
            except ArgumentError as error:
                raise ArgumentError(in_words_of_the_page(error, wish)) from None
            watch.check()
            return restorer(photo, planned, watch, film=True)
        finally:
            self._lock.release()

    def warm_up(self, say: Callable[[str], None]) -> None:
        """Have the default prior and its networks ready before anybody waits for them."""
        with self._lock:
            restorer = self._kept((None, 'gaussnewton', 0, ()), {}, say)
            restorer.prepare()
            restorer.editor(DamageChain(()))

    def _check(self, wish: Wish, damage: str) -> None:
        """Refuse what the page alone can tell."""
        if damage == AUTO:
            return
        chain = parse_damage(damage)
        hole, lost = chain.get('hole'), chain.get('sr')
        if hole is not None and hole.value is None and wish.known is None:
            raise ArgumentError(
                'where is the hole? Paint it, give a mask file, or name its colour: hole:#ff00ff'
            )
        if hole is not None and hole.value is not None and not str(hole.value).startswith('#'):
            raise ArgumentError('give the mask as a file of its own, below the photo')
        blur = chain.get('blur')
        if blur is not None and not isinstance(blur.value, (int, float)):
            raise ArgumentError('how wide is the blur? Give its deviation in pixels: blur:2')
        factor = 1 if lost is None else int(lost.value)
        height, width = wish.upload.height * factor, wish.upload.width * factor
        if height * width > self.limits.pixels:
            raise ArgumentError(
                f'the result would be {width}×{height}, and {self.limits.megapixels} megapixels '
                'are the most'
            )

    def _restorer(self, wish: Wish) -> Restorer:
        key = (wish.prior, wish.method, wish.seed, tuple(wish.options.items()))
        return self._kept(key, wish.options)

    def _kept(
        self, key: tuple, options: dict[str, Any], say: Callable[[str], None] | None = None
    ) -> Restorer:
        prior, method, seed, _ = key
        if key not in self._restorers:
            options = {**self.options, **options}
            self._restorers[key] = Restorer(prior, method, self.device, seed, options, say)
        self._restorers.move_to_end(key)
        while len(self._restorers) > _KEPT:
            self._restorers.popitem(last=False)
        return self._restorers[key]


def in_words_of_the_page(error: Exception, wish: Wish) -> str:
    """What an error says, of the photo by its name, and with the page's own way out."""
    text = named(error, {wish.upload.path: wish.upload.name})
    if '--' not in text:
        return text
    # What stands before the hint for those who type.
    text = text[: text.rfind(': ', 0, text.index('--'))]
    if isinstance(error, NoFaceError) or 'no faces to align' in text:
        places = ' or '.join(f'"{place}"' for place, how in PLACES.items() if how)
        return f'{text}: under "Where", choose {places}'
    return f'{text}: choose the damage, or paint the hole'


def offered_priors() -> dict[str, str]:
    """Priors that a visitor may choose: those whose weights are here, name → what it draws."""
    import mmgenprior.converters  # noqa: F401  (catalogues name what it announces)
    from mmgenprior.weights.catalogue import catalogue
    from mmgenprior.weights.resolve import local_file

    found = {}
    for name, entry in catalogue().items():
        if local_file(entry).is_file() or is_bundled(entry) or name == REAL_FACES:
            found[name] = entry.about
    return found
