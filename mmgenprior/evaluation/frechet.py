"""The distance between two sets of pictures, as their features see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor


def frechet_distance(
    mean_a: np.ndarray, cov_a: np.ndarray, mean_b: np.ndarray, cov_b: np.ndarray
) -> float:
    """Squared Fréchet (2-Wasserstein) distance of two Gaussians.

    |μa − μb|² + tr(Ca + Cb − 2·(Ca·Cb)^½) (Heusel et al., 2017, equation 6), in float64. The trace
    of the root is the sum of the roots of the eigenvalues of Ca^½·Cb·Ca^½, which is symmetric, so
    that singular covariances (fewer pictures than features) need no offset.

    Args:
        mean_a: Mean of the first set, (d,).
        cov_a: Its covariance, (d, d), symmetric and positive semi-definite.
        mean_b: Mean of the second set, (d,).
        cov_b: Its covariance, (d, d).

    Returns:
        The distance, 0 for equal Gaussians, in squared units of the features.

    Raises:
        ValueError: If the shapes do not fit, or a number is not finite.
    """
    mean_a, cov_a, mean_b, cov_b = (
        np.asarray(x, np.float64) for x in (mean_a, cov_a, mean_b, cov_b)
    )
    size = mean_a.shape[0]
    if mean_b.shape != (size,) or cov_a.shape != (size, size) or cov_b.shape != (size, size):
        raise ValueError(
            f'means of {mean_a.shape} and {mean_b.shape}, covariances of {cov_a.shape} and '
            f'{cov_b.shape} do not fit each other'
        )
    if not all(np.isfinite(x).all() for x in (mean_a, cov_a, mean_b, cov_b)):
        raise ValueError('means and covariances must be finite')
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    product = np.linalg.eigvalsh(root @ cov_b @ root).clip(0)
    distance = ((mean_a - mean_b) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b)
    # Rounding may end just below zero.
    return max(float(distance - 2 * np.sqrt(product).sum()), 0.0)


def feature_statistics(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (d,) and unbiased covariance (d, d) of features N×d, in float64.

    Raises:
        ValueError: If there are fewer than two rows.
    """
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f'features of shape {features.shape}: two rows or more are needed')
    return features.mean(0), np.atleast_2d(np.cov(features, rowvar=False))


def extract_features(
    network: Callable[[Tensor], Tensor], batches: Iterable[np.ndarray], device: str = 'cpu'
) -> np.ndarray:
    """Features of pictures.

    Args:
        network: Takes uint8 B×3×H×W RGB, returns B×d.
        batches: Pictures, uint8 B×H×W×3 RGB.
        device: Where the network is.

    Returns:
        N×d, float64.
    """
    rows = []
    with torch.no_grad():
        for batch in batches:
            pictures = torch.from_numpy(np.ascontiguousarray(batch.transpose(0, 3, 1, 2)))
            rows.append(network(pictures.to(device)).double().cpu().numpy())
    return np.concatenate(rows)
