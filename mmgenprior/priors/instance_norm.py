"""Batch norms of BigGAN's blocks that can become instance norms, each sample with its own."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmagic.models.editors.biggan.biggan_modules import BigGANConditionBN
from torch import Tensor, nn
from torch.func import functional_call

_EPS = 1e-5
_BUFFERS = ('instance_scale', 'instance_shift')


class SwitchedNorm(BigGANConditionBN):
    """A conditional batch norm that is an instance norm while its scale and shift are given.

    DGP (appendix): the scale and shift of the instance norm begin as the standard deviation and
    the mean of the batch norm's output over the pixels, so that nothing changes at first. The
    class and the noise then act through these initial values only.

    Attributes:
        instance_scale: (C,), or empty: then this is the batch norm.
        instance_shift: (C,), or empty.
        measuring: Whether the next call sets scale and shift from its batch of one.
    """

    instance_scale: Tensor
    instance_shift: Tensor
    measuring = False

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Normalise B×C×H×W under the condition y."""
        if self.measuring:
            out = super().forward(x, y)
            self.instance_scale = out.flatten(2).std(2).squeeze(0)
            self.instance_shift = out.mean((2, 3)).squeeze(0)
        if not self.instance_scale.numel():
            return super().forward(x, y)
        return F.instance_norm(x, weight=self.instance_scale, bias=self.instance_shift, eps=_EPS)


def switched_norms(generator: nn.Module) -> dict[str, SwitchedNorm]:
    """The conditional batch norms of a BigGAN by name, made switchable; keys stay as they are."""
    found = {}
    for name, module in generator.named_modules():
        if type(module) is BigGANConditionBN and module.use_cbn:
            module.__class__ = SwitchedNorm
            for buffer in _BUFFERS:
                module.register_buffer(buffer, torch.empty(0), persistent=False)
        if isinstance(module, SwitchedNorm):
            found[name] = module
    return found


def measure_instance_norms(
    prior: nn.Module, latents: dict[str, Tensor], weights: dict[str, Tensor]
) -> dict[str, Tensor]:
    """Scale and shift of every switchable norm for each sample; see :class:`SwitchedNorm`.

    Each norm is measured behind those that have been replaced already, as the official code does.

    Args:
        prior: The prior adapter; ``prior.generator`` holds switchable norms.
        latents: Name → B×... latents.
        weights: Name → B×... weights of each sample's own, or empty.

    Returns:
        Name in the prior's buffers → B×C.
    """
    norms = switched_norms(prior.generator)
    samples: list[dict[str, Tensor]] = []
    for i in range(len(next(iter(latents.values())))):
        one = {k: v[i : i + 1] for k, v in latents.items()}
        own = {k: v[i] for k, v in weights.items()}
        for norm in norms.values():
            norm.measuring = True
        try:
            functional_call(prior, own, (one,))
            samples.append(
                {
                    f'generator.{name}.{buffer}': getattr(norm, buffer)
                    for name, norm in norms.items()
                    for buffer in _BUFFERS
                }
            )
        finally:
            for norm in norms.values():
                norm.measuring = False
                for buffer in _BUFFERS:
                    setattr(norm, buffer, getattr(norm, buffer).new_empty(0))
    return {name: torch.stack([s[name] for s in samples]) for name in samples[0]}
