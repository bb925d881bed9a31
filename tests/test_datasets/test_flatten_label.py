"""Classes in the shape that the stock BigGAN scores correctly."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmagic.datasets.transforms import PackInputs
from mmagic.models.editors.biggan import BigGANDiscriminator
from mmagic.structures import DataSample

from mmgenprior.datasets import FlattenLabel


def packed(label) -> dict:
    sample = dict(gt=np.zeros((8, 8, 3), np.uint8))
    if label is not None:
        sample['gt_label'] = label
    return PackInputs()(sample)


def test_a_batch_has_one_score_per_picture():
    samples = [FlattenLabel()(packed(label))['data_samples'] for label in (3, 0, 4)]
    labels = DataSample.stack(samples).gt_label.label
    assert torch.equal(labels, torch.tensor([3, 0, 4]))

    torch.manual_seed(0)
    discriminator = BigGANDiscriminator(input_scale=32, num_classes=5, base_channels=4).eval()
    images = torch.rand(3, 3, 32, 32)
    scores = discriminator(images, labels)
    assert scores.shape == (3, 1)
    for i in range(3):
        alone = discriminator(images[i : i + 1], labels[i : i + 1])
        torch.testing.assert_close(scores[i : i + 1], alone)


@pytest.mark.parametrize('label', [None, [1, 2]])
def test_one_class_is_needed(label):
    with pytest.raises(ValueError, match='one class number'):
        FlattenLabel()(packed(label))
