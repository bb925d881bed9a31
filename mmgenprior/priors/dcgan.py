"""DCGAN as a prior."""

from __future__ import annotations

from mmagic.registry import MODELS

from mmgenprior.priors.base import Group, Prior
from mmgenprior.priors.cut import Cut


@MODELS.register_module()
class DCGANPrior(Prior):
    """MMagic's ``DCGANGenerator`` (Radford et al., 2016).

    MMagic trains it on normal latents; weights of the original recipe want
    ``latent='uniform'``.

    Blocks: ``noise2feat``, ``upsampling.0`` … ``upsampling.N``, ``output_layer``.
    """

    generator_types = ('DCGANGenerator',)

    @property
    def image_size(self) -> int:
        """Side of the square image in pixels."""
        return self.generator.output_scale

    def _layout(self) -> tuple[list[Group], list[Group]]:
        middle = [f'upsampling.{i}' for i in range(len(self.generator.upsampling))]
        return [(name, [name]) for name in ['noise2feat', *middle, 'output_layer']], []

    def _run_block(self, index: int, cut: Cut) -> Cut:
        net = self.generator
        if index == 0:
            return Cut(net.noise2feat(cut.features[:, :, None, None]))
        deep = [*net.upsampling, net.output_layer]
        return Cut(deep[index - 1](cut.features))
