"""What φ follows: the noise, and the quality of the prior (BIGPrior, Fig. 7)."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from mmgenprior.datasets.array_io import read_arrays
from mmgenprior.datasets.image_io import read_image
from mmgenprior.images import to_rgb01
from mmgenprior.utils.errors import UserError

Table = list[dict[str, float | str]]

# Column → label of its axis.
AXES = {'sigma': 'standard deviation of the noise (of 255)', 'prior_psnr': 'PSNR of the prior (dB)'}
# Variants that are what φ weighs the generated picture against, or the result.
_NOT_GENERATED = ('measurement', 'BIGPrior')


def analyze(
    run: Path, generated: str | None = None, inversions: Path | None = None
) -> tuple[Table, dict[str, float]]:
    """Mean φ, noise and quality of the prior of every image of a run.

    Args:
        run: Work dir of a run with ``MapsHook(maps=dict(phi=...))``: ``phi/<key>.npy`` and
            ``per_image.csv``.
        generated: Variant that is G(z*), whose PSNR is the quality of the prior; None takes
            ``prior`` or, where there is no such variant, the only one besides the fusion.
        inversions: Folder of the stored inversions that were fused; σ is then the root mean square
            of ``input`` − ``gt``. None takes the column ``Sigma`` of the metric ``NoiseLevel``.

    Returns:
        One row per image (``key``, ``mean_phi`` and, where known, ``sigma`` and ``prior_psnr``),
        and Pearson's r of ``mean_phi`` with each; one that does not vary has no r.

    Raises:
        UserError: If the run lacks the files or the variant, or a stored inversion is missing.
    """
    path = run / 'per_image.csv'
    if not path.is_file():
        raise UserError(f'{path} is missing: give the work dir of a finished run of tools/test.py')
    with open(path, newline='') as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise UserError(f'{path} has no image: run tools/test.py again')
    generated = _choose_generated(path, list(rows[0]), generated)
    table = [_row(run, row, generated, inversions) for row in rows]
    return table, {
        f'r(mean_phi, {name})': r for name in AXES if (r := _pearson(table, name)) is not None
    }


def _choose_generated(path: Path, columns: list[str], name: str | None) -> str | None:
    """The variant that is G(z*); None where the run measured none."""
    variants = [c.removesuffix('/PSNR') for c in columns if c.endswith('/PSNR')]
    variants = [v for v in variants if v not in _NOT_GENERATED]
    listed = ', '.join(variants) or 'none (it needs ground truth and the metric PSNR)'
    if name is not None and name not in variants:
        raise UserError(f"{path} has no PSNR of a variant '{name}': give --prior one of {listed}")
    if name is None and 'prior' in variants:
        return 'prior'
    if name is None and len(variants) > 1:
        raise UserError(f'{path}: which variant is the prior? give --prior one of {listed}')
    return name or next(iter(variants), None)


def _row(run: Path, row: dict[str, str], generated: str | None, inversions: Path | None) -> dict:
    key = row['key']
    path = run / 'phi' / f'{key}.npy'
    if not path.is_file():
        raise UserError(
            f"{path} is missing: run with default_hooks.maps=dict(type='MapsHook', "
            'maps=dict(phi=(0, 1)))'
        )
    found: dict[str, float | str] = {'key': key, 'mean_phi': float(_load(path).mean())}
    if inversions is not None:
        found['sigma'] = 255 * _noise(inversions, key)
    elif row.get('Sigma'):
        found['sigma'] = float(row['Sigma'])
    if row.get(f'{generated}/PSNR'):
        found['prior_psnr'] = float(row[f'{generated}/PSNR'])
    return found


def _load(path: Path) -> np.ndarray:
    try:
        return read_arrays(path)['y']
    except UserError as error:
        raise UserError(f'{error}: remove it and run the tool that wrote it again') from None


def _noise(inversions: Path, key: str) -> float:
    """Root mean square of a stored measurement's error, on the scale [0, 1]."""
    truth, measured = (_stored(inversions / role / key) for role in ('gt', 'input'))
    return float(np.sqrt(np.mean((measured - truth) ** 2)))


def _stored(path: Path) -> np.ndarray:
    """3×H×W, RGB, from the array if there is one, else from the picture."""
    array = path.with_name(f'{path.name}.npy')
    if array.is_file():
        return _load(array).astype(np.float64)
    file = path.with_name(f'{path.name}.png')
    try:
        picture = read_image(file)
    except UserError as error:
        raise UserError(
            f'{error}: give --inversions the folder that was fused, or store it again '
            '(tools/invert.py)'
        ) from None
    return to_rgb01(picture).astype(np.float64)


def _pearson(table: Table, name: str) -> float | None:
    pairs = np.array([[r['mean_phi'], r[name]] for r in table if name in r], dtype=np.float64)
    # The mean of equal numbers may differ from them in the last digit.
    if len(pairs) < 3 or (pairs.std(axis=0) <= 1e-12 * np.abs(pairs).max(axis=0)).any():
        return None
    return float(np.corrcoef(pairs.T)[0, 1])


def plot(path: Path, table: Table, correlations: dict[str, float]) -> None:
    """Write figure 7: mean φ over each of the two, with r above."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [name for name in AXES if f'r(mean_phi, {name})' in correlations]
    figure = Figure(figsize=(4.5 * max(len(names), 1), 3.6), layout='constrained')
    FigureCanvasAgg(figure)
    for i, name in enumerate(names):
        axes = figure.add_subplot(1, len(names), i + 1)
        points = [(r[name], r['mean_phi']) for r in table if name in r]
        axes.scatter(*zip(*points), s=14)
        axes.set_xlabel(AXES[name])
        axes.set_ylabel('mean φ')
        axes.set_title(f'Pearson r = {correlations[f"r(mean_phi, {name})"]:.2f}')
    figure.savefig(path, dpi=120)
