"""The published φ network on real photographs of churches."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

import mmgenprior  # noqa: F401  (before mmagic)

# isort: split
from mmgenprior.editors.bigprior import build_phi
from mmgenprior.images import to_rgb01
from mmgenprior.utils.image_io import read_image

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def churches(shared):
    """Luminance of three photographs of 256×256, and the mean of φ over channels."""
    photos = sorted(shared('data/lsun256/church').glob('*.png'))[:3]
    network = build_phi({}, shared('data/priors/bigprior_phi_col_church.pth')).eval()
    colours = [to_rgb01(read_image(photo)) for photo in photos]
    # The official measurements are truncated to 8 bits.
    grey = [np.floor(np.tensordot((0.2989, 0.5870, 0.1140), c, 1) * 255) / 255 for c in colours]
    with torch.no_grad():
        phi = [network(torch.from_numpy(g)[None, None].float() - 0.5)[0] for g in grey]
    assert all(p.shape == (3, 256, 256) for p in phi)
    return grey, [p.mean(0).numpy() for p in phi]


def test_mean_is_that_of_the_published_experiment(churches):
    means = [phi.mean() for phi in churches[1]]
    # Over the 50 churches of the official test: 0.388, each between 0.16 and 0.64.
    assert 0.25 < np.mean(means) < 0.5
    assert 0.16 < min(means) and max(means) < 0.64


def test_edges_are_taken_from_the_measurement(churches):
    """Fig. 2 of the paper: φ is lower on edges."""
    for grey, phi in zip(*churches):
        down, right = np.gradient(cv2.GaussianBlur(grey, (0, 0), 1))
        slope = np.hypot(down, right)
        edges, flat = slope > np.quantile(slope, 0.9), slope < np.quantile(slope, 0.5)
        assert phi[edges].mean() < 0.5 * phi[flat].mean()
