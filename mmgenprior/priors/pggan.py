"""PGGAN as a prior."""

from __future__ import annotations

from mmagic.registry import MODELS

from mmgenprior.priors.base import Group, Prior


@MODELS.register_module()
class PGGANPrior(Prior):
    """MMagic's ``PGGANGenerator`` at its full resolution (Karras et al., 2018).

    Blocks: ``noise2feat``, ``conv_blocks.0`` … ``conv_blocks.N``, ``torgb``.
    Apart: ``torgb_lower``, the output layers of the lower resolutions, which
    do not change the image.
    """

    generator_types = ('PGGANGenerator',)

    @property
    def image_size(self) -> int:
        """Side of the square image in pixels."""
        return self.generator.out_scale

    def _layout(self) -> tuple[list[Group], list[Group]]:
        convs = [f'conv_blocks.{i}' for i in range(len(self.generator.conv_blocks))]
        last = len(self.generator.torgb_layers) - 1
        blocks = [(name, [name]) for name in ['noise2feat', *convs]]
        blocks.append(('torgb', [f'torgb_layers.{last}']))
        lower = [f'torgb_layers.{i}' for i in range(last)]
        return blocks, [('torgb_lower', lower)] if lower else []
