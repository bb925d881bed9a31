"""Files in, files out: many photos, each finished one noted, so that the next call goes on."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from mmgenprior.api.arguments import ArgumentError, check_name
from mmgenprior.api.finished import Finished, MadeOf, restored
from mmgenprior.api.kernels import with_kernel
from mmgenprior.api.pictures import as_list, masks_of, read_photo
from mmgenprior.api.planning import AS_IS, factor_of
from mmgenprior.api.proposal import AUTO
from mmgenprior.api.restoration import Restoration
from mmgenprior.api.restorer import Restorer
from mmgenprior.api.restoring import truths_of
from mmgenprior.damages import DamageChain
from mmgenprior.damages.kernels import Kernel
from mmgenprior.ledger.failures import SomeFailedError
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.files import digest
from mmgenprior.utils.paths import expand
from mmgenprior.version import __version__
from mmgenprior.weights.hashes import file_sha256


class Progress(Protocol):
    """Who is told of iterations and of what is done."""

    photo: str

    def __call__(self, stage: Any, iteration: int, objective: Any, image: Any) -> None:
        """One iteration, as :data:`mmgenprior.inversion.callbacks.SearchCallback`."""

    def say(self, line: str) -> None:
        """A line that stays."""


@dataclass(frozen=True)
class Request:
    """What is asked of every photo; the arguments are those of :func:`mmgenprior.restore`.

    Attributes:
        damage: What happened to it.
        mask: A file for all, or a folder of the same names.
        invert_mask: White marks the hole.
        truth: A file, or a folder of the same names.
        as_is: No search for faces.
        film: Record and write a film.
        kernel: Of a blur: its width in pixels, or a file.
    """

    damage: str = AUTO
    mask: str | None = None
    invert_mask: bool = False
    truth: str | None = None
    as_is: bool | str = False
    film: bool = False
    kernel: str | None = None

    @functools.cached_property
    def chain(self) -> str | DamageChain:
        """The damage, with its kernel.

        Raises:
            UserError: If there is no such damage, or no such kernel.
        """
        return with_kernel(self.damage, self.kernel, self.mask is not None)

    def check(self) -> None:
        """Refuse what no photo can have.

        Raises:
            ArgumentError: If a name or a path is wrong.
        """
        self.chain  # noqa: B018  (reads the kernel)
        if self.as_is not in (True, False):
            check_name('as_is', self.as_is, AS_IS)
        for what in ('mask', 'truth'):
            path = getattr(self, what)
            if path is not None and not Path(path).expanduser().exists():
                raise ArgumentError(f"--{what} '{path}': there is no such file or folder")

    def made_of(self, restorer: Restorer, photo: Path) -> MadeOf:
        """What determines the results of a photo."""
        asked = (self.damage, self.invert_mask, self.as_is, self.film, __version__)
        blur = self.chain.get('blur') if isinstance(self.chain, DamageChain) else None
        if isinstance(blur and blur.value, Kernel):
            asked += (blur.value.digest,)
        elif self.kernel is not None:
            asked += (self.kernel,)
        paths = (photo, _beside(self.mask, photo), _beside(self.truth, photo))
        return MadeOf(
            digest(restorer.settings(self.damage), asked),
            restorer.prior.weights,
            digest([None if path is None else file_sha256(path) for path in paths]),
        )


def restore_files(
    restorer: Restorer,
    photos: Sequence[str],
    out: str | Path,
    request: Request,
    progress: Progress,
    again: bool = False,
    stops: bool = False,
) -> list[Path]:
    """Restore files into a folder; those that are finished and as they were are left.

    Args:
        restorer: Prior and method.
        photos: Picture files and folders.
        out: The folder.
        request: What is asked of every photo.
        progress: Who is told.
        again: Restore what is finished too.
        stops: Whether the first failure ends it; else it is told and the next photo has its turn.

    Returns:
        The restored pictures' files, in order.

    Raises:
        ArgumentError: If nothing can be done, or the only photo cannot be restored.
        SomeFailedError: At the end, if some of several could not.
    """
    request.check()
    files = [Path(item) for item in as_list(list(photos))]
    folder = expand(out, '--out')
    if folder.exists() and not folder.is_dir():
        raise ArgumentError(f"--out '{out}' is a file: give a folder")
    finished = Finished(folder)
    done: list[Path] = []
    failed = 0
    try:
        for number, (file, name) in enumerate(zip(files, _names(files)), start=1):
            progress.photo = name if len(files) == 1 else f'{name} ({number} of {len(files)})'
            try:
                path = _restore_file(restorer, file, name, request, finished, progress, again)
            except UserError as error:
                if stops or len(files) == 1:
                    raise
                failed += 1
                progress.say(f'error: {error}')
            else:
                done.append(path)
    finally:
        finished.close()
    if failed:
        raise SomeFailedError(f'{failed} of {len(files)} photos could not be restored, see above')
    return done


def _restore_file(
    restorer: Restorer,
    file: Path,
    name: str,
    request: Request,
    finished: Finished,
    progress: Progress,
    again: bool,
) -> Path:
    photo = replace(read_photo(file), name=name)

    made_of = request.made_of(restorer, file)

    def is_done() -> bool:
        if again or not finished.has(name, made_of):
            return False
        progress.say(f'{progress.photo}: was done before')
        return True

    path = finished.folder / restored(name)
    if is_done():
        return path
    (known,) = masks_of(_beside(request.mask, file), [photo], request.invert_mask)
    planned = restorer.plan(photo, request.chain, known, request.as_is, request.invert_mask)
    (truth,) = truths_of(_beside(request.truth, file), [photo], [factor_of(planned[0].damage)])
    before = restorer.prior
    restorer.prepare()
    if restorer.prior != before:  # another takes the place of one
        made_of = request.made_of(restorer, file)
        if is_done():
            return path
    finished.open()
    result = restorer(photo, planned, progress, truth, request.film)
    path = finished.add(result, made_of)
    progress.say(_line(progress.photo, result, path))
    return path


def _line(photo: str, result: Restoration, path: Path) -> str:
    numbers = ''.join(f', {name} {value:.2f}' for name, value in result.metrics.items())
    return f'{photo}: {path} ({result.seconds:.1f} s{numbers}); {result.consistency}'


def _beside(given: str | None, photo: Path) -> Path | None:
    """The file of a photo: the one that is given, or that of its name in the folder.

    Raises:
        ArgumentError: If the folder has none.
    """
    if given is None:
        return None
    path = Path(given).expanduser()
    if not path.is_dir():
        return path
    found = [file for file in as_list(path) if file.stem == photo.stem]
    if not found:
        raise ArgumentError(f"folder '{given}' has no picture of the name '{photo.stem}'")
    return found[0]


def _names(files: Sequence[Path]) -> list[str]:
    """What results are called: stems, with the suffix or the folder where two are alike."""
    for make in (
        lambda file: file.stem,
        lambda file: file.name,
        lambda file: f'{file.absolute().parent.name}_{file.name}',
    ):
        names = [make(file) for file in files]
        if max(Counter(names).values()) == 1:
            return names
    twice = Counter(names).most_common(1)[0][0]
    raise ArgumentError(f"two photos would be called '{twice}': restore them into two folders")
