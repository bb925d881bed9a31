"""Class numbers as class-conditional GANs of MMagic take them."""

from __future__ import annotations

from mmagic.registry import TRANSFORMS
from mmcv.transforms import BaseTransform


@TRANSFORMS.register_module()
class FlattenLabel(BaseTransform):
    """Make the class of a packed sample a scalar, so that a batch of N has labels of shape (N,).

    Goes behind ``PackInputs``, which packs a class number as (1,). Batches of those are (N, 1), and
    the projection of stock ``BigGANDiscriminator`` broadcasts that in silence to N×N scores, none
    of which belongs to its picture: nothing is learnt.
    """

    def transform(self, results: dict) -> dict:
        """Flatten ``results['data_samples'].gt_label``.

        Raises:
            ValueError: If the sample has no class or more than one.
        """
        sample = results['data_samples']
        if 'gt_label' not in sample or sample.gt_label.label.numel() != 1:
            raise ValueError('FlattenLabel: a sample with one class number is needed')
        sample.gt_label.label = sample.gt_label.label.reshape(())
        return results
