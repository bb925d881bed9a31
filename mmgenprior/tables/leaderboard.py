"""deepinv's leaderboard: its numbers of any reconstructor, and what it takes as a submission.

The leaderboard (https://github.com/deepinv/benchmarks) calls ``model(y, physics)`` with
measurements made while it goes, and computes PSNR and LPIPS by ``deepinv.test``. Its own pictures
are natural ones of 256×256 and more: a prior of faces of 64×64 says nothing of them, so that
:func:`board_numbers` is for pictures that a prior knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

_SOLVER = '''\
"""{title}, for the benchmarks of deepinv."""

from benchopt import BaseSolver


class Solver(BaseSolver):
    """Restores by the prior '{prior}', whose images are {size}x{size}."""

    name = '{title}'
    requirements = ['pip::mmgenprior']
    parameters = {{'method': ['{method}'], 'prior': ['{prior}']}}

    def set_objective(self, train_dataset=None, physics=None):
        import torch
        from mmgenprior.api import GenPriorReconstructor

        device = 'cuda' if torch.cuda.is_available() else 'cpu'
        self.model = GenPriorReconstructor(self.prior, self.method, device=device)
        self.model.device = device

    def run(self, _):
        pass

    def get_result(self):
        return dict(model=self.model)
'''


class Pictures(Dataset):
    """Pictures as deepinv's loops take them.

    Args:
        images: N×3×H×W, RGB in [0, 1].
    """

    def __init__(self, images: Tensor) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return dict(x=self.images[index])


def board_numbers(
    model: nn.Module,
    images: Tensor,
    physics: Any,
    metrics: Sequence[nn.Module] | None = None,
    seed: int = 0,
) -> dict[str, float]:
    """What the leaderboard would say of a reconstructor on some pictures.

    Args:
        model: Takes ``(y, physics)``, e.g. a ``GenPriorReconstructor``.
        images: N×3×H×W, RGB in [0, 1].
        physics: Of deepinv, with its noise.
        metrics: Of deepinv; None takes PSNR and SSIM, which need no download.
        seed: Of the noise.

    Returns:
        deepinv's own names → numbers: mean and standard deviation of each metric, and ``runtime``.
    """
    import deepinv

    metrics = list(metrics or (deepinv.loss.PSNR(), deepinv.loss.SSIM()))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return deepinv.test(
            model.eval(),
            DataLoader(Pictures(images)),
            physics,
            metrics=metrics,
            online_measurements=True,
            device=getattr(model, 'device', 'cpu'),
            compare_no_learning=False,
            verbose=False,
            show_progress_bar=False,
        )


def solver_text(prior: str, method: str = 'gaussnewton', size: int = 64) -> str:
    """The file that is added to ``solvers/`` of a benchmark.

    Args:
        prior: Name in the catalogue.
        method: Of :func:`mmgenprior.list_methods`.
        size: Side of the prior's images.
    """
    return _SOLVER.format(title=f'MMGenPrior-{method}', prior=prior, method=method, size=size)
