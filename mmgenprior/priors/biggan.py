"""BigGAN as a prior, over the noise and the class embedding."""

from __future__ import annotations

from typing import Any

import torch
from mmagic.registry import MODELS
from torch import nn

from mmgenprior.priors.base import Group, Prior
from mmgenprior.priors.cut import Cut
from mmgenprior.priors.instance_norm import measure_instance_norms, switched_norms
from mmgenprior.priors.lean_blocks import use_lean_blocks
from mmgenprior.priors.spectral_norm import differentiate_spectral_norm, freeze_spectral_norm
from mmgenprior.utils.errors import UserError


@MODELS.register_module()
class BigGANPrior(Prior):
    """MMagic's ``BigGANGenerator`` or ``BigGANDeepGenerator`` (Brock et al., 2019).

    Latents: ``z`` and ``class_embedding``, the row of the shared embedding that
    conditions every block; an unconditional generator has ``z`` alone. The
    embedding is a latent, so the parameters of ``shared_embedding`` themselves
    do not change the image. A conditional generator without a shared embedding
    (CIFAR-10) has a table in every block: its class is fixed, ``z`` alone is a latent.

    Blocks, as DGP groups them: ``noise2feat``, ``conv_blocks.i`` (a block with
    the attention behind it), ``output_layer``. Apart: ``shared_embedding``.

    Args:
        generator: Config or module, see :class:`Prior`.
        class_index: Class whose embedding the search starts from, None for the
            mean of all embeddings; the one class without a shared embedding.
        spectral_norm: ``'mmagic'``: gradients take σ as a constant, or ``'official'``: they go
            through σ, as in BigGAN-PyTorch and DGP. The image is the same. A module given as
            ``generator`` is changed in place by the latter.
        **kwargs: See :class:`Prior`.

    Raises:
        UserError: If there is no such class, none is given and the generator has no shared
            embedding to take the mean of, or ``spectral_norm`` has no such value.
    """

    generator_types = ('BigGANGenerator', 'BigGANDeepGenerator')

    def __init__(
        self,
        generator: dict | nn.Module,
        class_index: int | None = None,
        spectral_norm: str = 'mmagic',
        **kwargs: Any,
    ) -> None:
        if spectral_norm not in ('mmagic', 'official'):
            raise UserError(
                f"spectral_norm='{spectral_norm}' is unknown: use 'mmagic' or 'official'"
            )
        if not isinstance(generator, nn.Module):
            # Statistics are frozen, and synchronised layers only add a check that needs a GPU.
            generator = {'auto_sync_bn': False, **generator}
        super().__init__(generator, **kwargs)
        use_lean_blocks(self.generator)
        freeze_spectral_norm(self.generator)
        if spectral_norm == 'official':
            self.differentiate_spectral_norm()
        self.class_index = self._checked(class_index)
        if self._class_is_fixed and self.class_index is None:
            raise UserError(
                'BigGANPrior: this generator has no shared embedding, so its class is fixed: set '
                f'class_index=0..{self.generator.num_classes - 1}'
            )

    def differentiate_spectral_norm(self) -> None:
        """Make it as if built with ``spectral_norm='official'``."""
        differentiate_spectral_norm(self.generator)

    @property
    def instance_statistics_names(self) -> list[str]:
        """See :meth:`Prior.instance_statistics_names`."""
        return [
            n for n, _ in self.named_buffers() if n.endswith(('.instance_scale', '.instance_shift'))
        ]

    def instance_statistics(
        self, latents: dict[str, torch.Tensor], weights: dict[str, torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        """See :meth:`Prior.instance_statistics`."""
        if not switched_norms(self.generator):
            return super().instance_statistics(latents, weights)
        return measure_instance_norms(self, latents, weights)

    @property
    def _class_is_fixed(self) -> bool:
        return bool(self.generator.num_classes) and not self.generator.with_shared_embedding

    @property
    def _has_embedding(self) -> bool:
        return bool(self.generator.num_classes) and self.generator.with_shared_embedding

    def _checked(self, class_index: int | None) -> int | None:
        count = self.generator.num_classes
        if class_index is not None and not 0 <= class_index < count:
            raise UserError(
                f'class_index={class_index}: the generator has {count} classes, 0 to {count - 1}'
            )
        return class_index

    @property
    def image_size(self) -> int:
        """Side of the square image in pixels."""
        return self.generator.output_scale

    @property
    def latent_shapes(self) -> dict[str, tuple[int, ...]]:
        """``z``, and ``class_embedding`` where the generator has a shared one."""
        shapes = super().latent_shapes
        if self._has_embedding:
            shapes['class_embedding'] = (self.generator.shared_dim,)
        return shapes

    def class_embedding(self, class_index: int | None = None) -> torch.Tensor:
        """Embedding of a class, or the mean of all for None; shape (shared_dim,)."""
        table = self.generator.shared_embedding.weight.detach()
        index = self._checked(class_index)
        return table.mean(0) if index is None else table[index].clone()

    def sample_latents(
        self, generator: torch.Generator, class_index: int | None = None
    ) -> dict[str, torch.Tensor]:
        """Draw the initial latents of one sample.

        Args:
            generator: CPU generator of the sample.
            class_index: Class of this sample, None for the prior's own; without effect where
                the class is fixed.

        Returns:
            float32 CPU tensors of ``latent_shapes``, without batch dimension.
        """
        latents = {'z': self._draw(self.latent_shapes['z'], generator)}
        if self._has_embedding:
            index = self.class_index if class_index is None else class_index
            latents['class_embedding'] = self.class_embedding(index).float().cpu()
        return latents

    def generate(self, latents: dict[str, torch.Tensor]) -> torch.Tensor:
        """Run the generator; image B×3×H×W in its own range and channel order."""
        if self._class_is_fixed:
            return self.generator(latents['z'], label=self._label(latents['z']))
        if not self.generator.num_classes:
            return self.generator(latents['z'])
        return self.generator(
            latents['z'], label=latents['class_embedding'], use_outside_embedding=True
        )

    def _label(self, like: torch.Tensor) -> torch.Tensor:
        return torch.full((len(like),), self.class_index, dtype=torch.long, device=like.device)

    def _enter(self, latents: dict[str, torch.Tensor]) -> Cut:
        """``conditions`` of the blocks, B×blocks×d or B×1×d where all have the same."""
        net, z = self.generator, latents['z']
        label = latents.get('class_embedding')
        shared = [] if label is None else [label]
        if getattr(net, 'split_noise', False):
            z, *chunks = torch.split(z, net.noise_chunk_size, dim=1)
            return Cut(
                z, {'conditions': torch.stack([torch.cat([*shared, c], 1) for c in chunks], 1)}
            )
        if getattr(net, 'concat_noise', False) and shared:
            z = label = torch.cat([z, label], dim=1)
        return Cut(z, {} if label is None else {'conditions': label.unsqueeze(1)})

    def _run_block(self, index: int, cut: Cut) -> Cut:
        net, x = self.generator, cut.features
        names = self._layout()[0][index][1]
        if index == 0:
            side = net.input_scale
            x = net.noise2feat(x)
            if hasattr(net, 'split_noise'):
                x = x.view(len(x), -1, side, side)
            else:  # BigGAN-deep keeps the order of TensorFlow
                x = x.view(len(x), side, side, -1).permute(0, 3, 1, 2).contiguous()
        elif names == ['output_layer']:
            image = torch.tanh(net.output_layer(x))
            return Cut(image.flip(1) if net.rgb2bgr else image)
        else:
            conv, *attention = (net.get_submodule(name) for name in names)
            x = conv(x, self._condition(index - 1, cut))
            for module in attention:
                x = module(x)
        return Cut(x, cut.rest)

    def _condition(self, block: int, cut: Cut) -> torch.Tensor | None:
        if self._class_is_fixed:
            return self._label(cut.features)
        conditions = cut.rest.get('conditions')
        return None if conditions is None else conditions[:, min(block, conditions.shape[1] - 1)]

    def _layout(self) -> tuple[list[Group], list[Group]]:
        convs: list[Group] = []
        for i, module in enumerate(self.generator.conv_blocks):
            if type(module).__name__ == 'SelfAttentionBlock':
                convs[-1][1].append(f'conv_blocks.{i}')
            else:
                convs.append((f'conv_blocks.{i}', [f'conv_blocks.{i}']))
        blocks = [('noise2feat', ['noise2feat']), *convs, ('output_layer', ['output_layer'])]
        return blocks, [('shared_embedding', ['shared_embedding'])] if self._has_embedding else []
