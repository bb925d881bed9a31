"""What can be measured, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mmgenprior.utils.errors import UserError
from mmgenprior.utils.names import nearest


@dataclass(frozen=True)
class Case:
    """One measurement.

    Attributes:
        about: A line of ``--list``.
        large: Takes minutes or gigabytes, so it has to be named.
    """

    about: str
    large: bool = False

    @property
    def mark(self) -> str:
        """The line of ``--list``."""
        return f'{self.about} (large)' if self.large else self.about


# The part before the first '-' is the kind.
CASES = {
    'step-dcgan64-csgm': Case('CSGM, the DCGAN of toy faces, ×4'),
    'step-dcgan64-iagan': Case('IAGAN, the DCGAN of toy faces, ×4'),
    'step-began64-csgm': Case('CSGM, a BEGAN of 64×64, ×4'),
    'step-began64-iagan': Case('IAGAN, a BEGAN of 64×64, ×4'),
    'step-pggan64-mganprior': Case('mGANprior, the PGGAN of toy faces, 10 codes at layer 2, ×4'),
    'step-pggan256-mganprior': Case(
        'mGANprior, a PGGAN of 256×256, 20 codes at layer 6, VGG-16 features, ×4', large=True
    ),
    'step-biggan128-start': Case("DGP's search of a start, a BigGAN of 128×128, ×4", large=True),
    'step-biggan128-dgp1': Case('DGP, its first stage (a block and the linear layer)', large=True),
    'step-biggan128-dgp5': Case('DGP, its last stage (all blocks)', large=True),
    'step-pggan1024-csgm': Case('CSGM, a PGGAN of 1024×1024, ×16', large=True),
    'step-pggan1024-iagan': Case('IAGAN, a PGGAN of 1024×1024, ×16', large=True),
    'quality-dcgan64-csgm': Case('seconds to the quality of CSGM, toy faces ×4', large=True),
    'quality-dcgan64-iagan': Case('seconds to the quality of IAGAN, toy faces ×4', large=True),
    'quality-began64-csgm': Case('seconds to the quality of CSGM, real faces ×4', large=True),
    'quality-began64-iagan': Case('seconds to the quality of IAGAN, real faces ×4', large=True),
    'quality-pggan64-mganprior': Case(
        'seconds to the quality of mGANprior, toy faces ×4', large=True
    ),
    'curves-dcgan64': Case('quality against seconds, four searches, toy faces ×4', large=True),
    'curves-began64': Case('quality against seconds, three searches, real faces ×4', large=True),
}


def kind_of(name: str) -> str:
    """``'step'``, ``'quality'`` or ``'curves'``."""
    return name.split('-', 1)[0]


def chosen_cases(patterns: Sequence[str] = ()) -> list[str]:
    """Names of the cases that match, in the order of the table.

    Args:
        patterns: Names, or patterns of a shell (``'step-*'``); none chooses what is not large.

    Raises:
        UserError: If a pattern matches no case.
    """
    if not patterns:
        return [name for name, case in CASES.items() if not case.large]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in CASES):
            raise UserError(f"--case: there is no '{pattern}'{nearest(pattern, CASES)}, see --list")
    return [name for name in CASES if any(fnmatchcase(name, p) for p in patterns)]
