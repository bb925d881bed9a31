"""StyleGAN1, 2 and 3 as a prior over Z, W or W+."""

from __future__ import annotations

from typing import Any

import torch
from mmagic.registry import MODELS
from torch import nn

from mmgenprior.priors.base import Group, Prior
from mmgenprior.priors.cut import Cut
from mmgenprior.utils import sample_generator
from mmgenprior.utils.errors import UserError

_MEAN_SAMPLES = 4096
_MEAN_CHUNK = 1024


@MODELS.register_module()
class StyleGANPrior(Prior):
    """MMagic's ``StyleGAN1Generator``, ``StyleGAN2Generator`` or ``StyleGAN3Generator``.

    Latents: ``z`` in Z; ``w`` of shape (channels,) in W or (layers, channels)
    in W+ (Abdal et al., 2019). The noise that StyleGAN1 and 2 inject is never
    drawn anew: an image is a function of its latents.

    Blocks: StyleGAN1 ``4x4`` … ``RxR``, ``torgb``; StyleGAN2 ``4x4`` … ``RxR``,
    each with its output layer; StyleGAN3 ``input`` and its layers by name.
    Apart: ``mapping``, and for StyleGAN1 ``torgb_lower``, which does not change
    the image.

    Args:
        generator: Config or module, see :class:`Prior`.
        latent_space: ``'z'``, ``'w'`` or ``'w+'``.
        w_init: Where a search in W or W+ starts: ``'mean'``, the mean of W, or
            ``'mapping'``, the code that a sampled z maps to.
        truncation: ψ of w ← w̄ + ψ (w − w̄), on every mapped code: in Z at each
            call, in W and W+ when the initial code is mapped.
        injected_noise: ``'stored'``, the maps kept with the weights, or
            ``'off'``; StyleGAN3 has none.
        **kwargs: See :class:`Prior`.

    Raises:
        UserError: If an option has no such value or the generator is conditional.
    """

    generator_types = ('StyleGAN1Generator', 'StyleGAN2Generator', 'StyleGAN3Generator')

    def __init__(
        self,
        generator: dict | nn.Module,
        latent_space: str = 'w+',
        w_init: str = 'mean',
        truncation: float = 1.0,
        injected_noise: str = 'stored',
        **kwargs: Any,
    ) -> None:
        for name, value, known in (
            ('latent_space', latent_space, ('z', 'w', 'w+')),
            ('w_init', w_init, ('mean', 'mapping')),
            ('injected_noise', injected_noise, ('stored', 'off')),
        ):
            if value not in known:
                raise UserError(f"{name}='{value}' is unknown: use one of {', '.join(known)}")
        super().__init__(generator, **kwargs)
        # MMagic's StyleGAN3 writes in place into fresh tensors, which vmap refuses.
        self.is_v3 = hasattr(self.generator, 'synthesis')
        self.supports_vmap = not self.is_v3
        self.latent_space = latent_space
        self.w_init = w_init
        self.truncation = float(truncation)
        self.injected_noise = injected_noise
        starts_at_mean = latent_space != 'z' and w_init == 'mean'
        self.register_buffer('mean_w', None, persistent=False)
        if starts_at_mean or self.truncation != 1:
            self._update_mean_w()
            # Weights that arrive later, through the model around, have another mean.
            self.register_load_state_dict_post_hook(lambda prior, _: prior._update_mean_w())

    def _check_generator(self) -> None:
        super()._check_generator()
        for part in (self.generator, self.generator.style_mapping):
            if getattr(part, 'cond_size', None):
                raise UserError('StyleGANPrior: a generator with cond_size > 0 is not supported')

    @torch.no_grad()
    def _update_mean_w(self) -> None:
        owner = self.generator.style_mapping if self.is_v3 else self.generator
        average = getattr(owner, 'w_avg', None)
        if average is not None and bool(average.any()):
            self.mean_w = average.clone()
            return
        rng = sample_generator(0, 'mean of W')
        total = 0
        for _ in range(_MEAN_SAMPLES // _MEAN_CHUNK):
            z = torch.randn(_MEAN_CHUNK, self.noise_size, generator=rng)
            total = total + self._map(z).sum(0)
        self._forget_derived_weights()
        self.mean_w = total / _MEAN_SAMPLES

    def _own_channel_order(self) -> str:
        return 'rgb' if getattr(self.generator, 'bgr2rgb', False) else 'bgr'

    @property
    def image_size(self) -> int:
        """Side of the square image in pixels."""
        return self.generator.out_size

    @property
    def num_layers(self) -> int:
        """Number of style inputs, the first dimension of W+."""
        return self.generator.num_ws if self.is_v3 else self.generator.num_latents

    @property
    def noise_size(self) -> int:
        """Length of z."""
        return getattr(self.generator, 'noise_size', self.generator.style_channels)

    @property
    def latent_shapes(self) -> dict[str, tuple[int, ...]]:
        """``z`` in Z, ``w`` in W and W+."""
        channels = self.generator.style_channels
        return {
            'z': {'z': (self.noise_size,)},
            'w': {'w': (channels,)},
            'w+': {'w': (self.num_layers, channels)},
        }[self.latent_space]

    def _map(self, z: torch.Tensor) -> torch.Tensor:
        """B×noise_size to w, B×channels, before truncation."""
        weight = next(self.generator.style_mapping.parameters())
        w = self.generator.style_mapping(z.to(weight))
        return w[:, 0] if self.is_v3 else w

    def _truncated(self, w: torch.Tensor) -> torch.Tensor:
        if self.truncation == 1:
            return w
        return self.mean_w + self.truncation * (w - self.mean_w)

    @torch.no_grad()
    def sample_latents(self, generator: torch.Generator) -> dict[str, torch.Tensor]:
        """Draw the initial latents of one sample.

        Args:
            generator: CPU generator of the sample; not used when the search
                starts at the mean of W.

        Returns:
            float32 CPU tensors of ``latent_shapes``, without batch dimension.
        """
        if self.latent_space == 'z':
            return super().sample_latents(generator)
        if self.w_init == 'mean':
            w = self.mean_w
        else:
            w = self._truncated(self._map(self._draw((self.noise_size,), generator)[None]))[0]
            self._forget_derived_weights()
        w = w.float().cpu()
        return {'w': w.clone() if self.latent_space == 'w' else w.repeat(self.num_layers, 1)}

    def generate(self, latents: dict[str, torch.Tensor]) -> torch.Tensor:
        """Run the generator; image B×3×H×W in its own range and channel order."""
        (code,) = latents.values()
        if self._one_by_one(code):
            return torch.cat([self._generate(one) for one in code.split(1)])
        return self._generate(code)

    def _one_by_one(self, batch: torch.Tensor) -> bool:
        # StyleGAN3's modulation takes a mean over the batch, and the grouped convolutions of all
        # three round by batch size on the CPU: one sample at a time keeps samples apart.
        return len(batch) > 1 and (self.is_v3 or batch.device.type == 'cpu')

    def _styles(self, code: torch.Tensor) -> torch.Tensor:
        """Any code to one style per layer, B×layers×channels."""
        w = self._truncated(self._map(code)) if self.latent_space == 'z' else code
        return w.unsqueeze(1).repeat(1, self.num_layers, 1) if w.ndim == 2 else w

    def _noise(self) -> list[torch.Tensor]:
        noise = [
            getattr(self.generator, f'injected_noise_{i}')
            for i in range(self.generator.num_injected_noises)
        ]
        return [torch.zeros_like(n) for n in noise] if self.injected_noise == 'off' else noise

    def _generate(self, code: torch.Tensor) -> torch.Tensor:
        w = self._styles(code)
        if self.is_v3:
            image = self.generator.synthesis(w)
            return image.flip(1) if self.generator.rgb2bgr else image
        return self.generator([w], input_is_latent=True, injected_noise=self._noise())

    def _enter(self, latents: dict[str, torch.Tensor]) -> Cut:
        (code,) = latents.values()
        if self._one_by_one(code):
            return Cut.join([self._enter({'w': one}) for one in code.split(1)])
        w = self._styles(code)
        self._forget_derived_weights()
        return Cut(w, {'w': w})

    def _run(self, cut: Cut, first: int, last: int) -> Cut:
        if not self._one_by_one(cut.features):
            return super()._run(cut, first, last)
        return Cut.join([super(StyleGANPrior, self)._run(one, first, last) for one in cut.split()])

    def _run_block(self, index: int, cut: Cut) -> Cut:
        if self.is_v3:
            return self._run_block_v3(index, cut)
        if hasattr(self.generator, 'constant_input'):
            return self._run_block_v2(index, cut)
        return self._run_block_v1(index, cut)

    def _run_block_v1(self, index: int, cut: Cut) -> Cut:
        net, x, w = self.generator, cut.features, cut.rest['w']
        if index == len(net.convs):
            return Cut(net.to_rgbs[-1](x))
        one, two = self._noise()[2 * index : 2 * index + 2]
        styles = w[:, 2 * index], w[:, 2 * index + 1]
        return Cut(net.convs[index](x, *styles, noise1=one, noise2=two), cut.rest)

    def _run_block_v2(self, index: int, cut: Cut) -> Cut:
        """``picture`` is the sum of the output layers so far."""
        net, x, w = self.generator, cut.features, cut.rest['w']
        noise = self._noise()
        if index == 0:
            x = net.conv1(net.constant_input(x), w[:, 0], noise=noise[0])
            picture = net.to_rgb1(x, w[:, 1])
        else:
            at = 2 * index - 1
            for i in (0, 1):
                x = net.convs[at - 1 + i](x, w[:, at + i], noise=noise[at + i])
            picture = net.to_rgbs[index - 1](x, w[:, at + 2], cut.rest['picture'])
        if index < len(net.to_rgbs):
            return Cut(x, {'w': w, 'picture': picture})
        image = picture.to(torch.float32)
        return Cut(image.flip(1) if net.bgr2rgb else image)

    def _run_block_v3(self, index: int, cut: Cut) -> Cut:
        net, x, w = self.generator.synthesis, cut.features, cut.rest['w'].float()
        if index == 0:
            return Cut(net.input(w[:, 0]), cut.rest)
        x = getattr(net, net.layer_names[index - 1])(x, w[:, index])
        if index < len(net.layer_names):
            return Cut(x, cut.rest)
        image = (x * net.output_scale if net.output_scale != 1 else x).to(torch.float32)
        return Cut(image.flip(1) if self.generator.rgb2bgr else image)

    def _layout(self) -> tuple[list[Group], list[Group]]:
        net = self.generator
        apart = [('mapping', ['style_mapping'])]
        if hasattr(net, 'synthesis'):
            names = ['input', *net.synthesis.layer_names]
            return [(name, [f'synthesis.{name}']) for name in names], apart
        if hasattr(net, 'constant_input'):
            blocks = [('4x4', ['constant_input', 'conv1', 'to_rgb1'])]
            for i in range(len(net.to_rgbs)):
                side = 2 ** (i + 3)
                parts = [f'convs.{2 * i}', f'convs.{2 * i + 1}', f'to_rgbs.{i}']
                blocks.append((f'{side}x{side}', parts))
            return blocks, apart
        sides = [2 ** (i + 2) for i in range(len(net.convs))]
        blocks = [(f'{side}x{side}', [f'convs.{i}']) for i, side in enumerate(sides)]
        last = len(net.to_rgbs) - 1
        blocks.append(('torgb', [f'to_rgbs.{last}']))
        lower = [f'to_rgbs.{i}' for i in range(last)]
        return blocks, apart + ([('torgb_lower', lower)] if lower else [])
