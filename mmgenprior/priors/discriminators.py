"""Discriminators behind one interface: RGB images on [0, 1] in, features or a logit out."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from os import PathLike

from mmagic.models.editors.biggan.biggan_discriminator import BigGANDiscriminator
from mmagic.models.editors.dcgan.dcgan_discriminator import DCGANDiscriminator
from mmagic.models.editors.pggan.pggan_discriminator import PGGANDiscriminator
from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.images import checked_format, to_network
from mmgenprior.priors.building import init_generator
from mmgenprior.priors.lean_blocks import use_lean_blocks
from mmgenprior.priors.spectral_norm import freeze_spectral_norm
from mmgenprior.priors.zoo import zoo_discriminator
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.catalogue import find_entry


@functools.singledispatch
def block_features(network: nn.Module, x: Tensor, activated_last: bool) -> list[Tensor]:
    """Outputs of a network's blocks from the image (shallow) to the decision (deep).

    One function per family; ``block_features.register(Class)`` adds one. Each feature is a copy,
    which a following activation in place does not change.

    Args:
        network: The discriminator, in eval mode.
        x: B×3×H×W in the range and channel order that it was trained on.
        activated_last: See :class:`Discriminator`.

    Raises:
        UserError: If the family is not known.
    """
    known = ', '.join(
        kind.__name__ for kind in block_features.registry if issubclass(kind, nn.Module)
    )
    raise UserError(f'{type(network).__name__} has no known order of blocks: use one of {known}')


@block_features.register
def _(network: BigGANDiscriminator, x: Tensor, activated_last: bool) -> list[Tensor]:
    features = []
    for block in network.conv_blocks:
        x = block(x)
        features.append(x.clone())
    x = network.activate(x)
    if activated_last:
        features[-1] = x.clone()
    return [*features, x.sum((2, 3))]


@block_features.register
def _(network: DCGANDiscriminator, x: Tensor, activated_last: bool) -> list[Tensor]:
    features = []
    for block in network.downsamples:
        x = block(x)
        features.append(x.clone())
    return features


@block_features.register
def _(network: PGGANDiscriminator, x: Tensor, activated_last: bool) -> list[Tensor]:
    features = []
    scale = network.in_log2_scale
    x = network.fromrgb_layers[scale - 2](x)
    for s in range(scale, 2, -1):
        x = network.conv_blocks[2 * s - 4](network.conv_blocks[2 * s - 5](x))
        features.append(x.clone())
    # Behind them lies the statistic over the mini-batch, which would couple samples.
    return features


@functools.singledispatch
def realism_logit(network: nn.Module, x: Tensor) -> Tensor:
    """The logit of "this image is real", whatever its class: B×K of B×3×H×W.

    A projection discriminator (BigGAN's) adds the class's term ⟨e_y, φ(x)⟩ to ψ(φ(x)); ψ alone
    estimates the ratio of the images' densities without their classes (Miyato and Koyama 2018,
    Eq. 3), and is what is returned.
    """
    return network(x)


@realism_logit.register
def _(network: BigGANDiscriminator, x: Tensor) -> Tensor:
    for block in network.conv_blocks:
        x = block(x)
    return network.decision(network.activate(x).sum((2, 3)))


@MODELS.register_module()
class Discriminator(nn.Module):
    """A frozen discriminator with its range and channel order.

    ``BigGANDiscriminator`` gives the features of every residual and attention block and the pooled
    vector that the decision is taken from, ``DCGANDiscriminator`` of every downsampling layer,
    ``PGGANDiscriminator`` of the pair of convolutions of every resolution. Nothing depends on a
    class or on other samples.

    Args:
        network: Name of a prior in the catalogue, whose discriminator it is, or
            ``dict(type='zoo', name=..., checkpoint=...)`` for other weights of the same network;
            config with an optional ``checkpoint``, ``checkpoint_prefix`` and ``init_seed``; or a
            module.
        checkpoint: Weight file of a config that names none, or of a module; None keeps random
            weights and says so.
        checkpoint_prefix: Sub-module of that file, e.g. ``'discriminator'``.
        input_range: Its values for black and white; for a name the catalogue's.
        channel_order: ``'rgb'`` or ``'bgr'``, what it was trained on; for a name the catalogue's.
        activated_last: Give BigGAN's last block behind the activation. DGP's official code does
            so, as its activation works in place.

    Raises:
        UserError: If the catalogue has none of this name, its weight file is at fault, or the range
            or channel order is none.
    """

    def __init__(
        self,
        network: str | Mapping | nn.Module,
        checkpoint: str | PathLike | None = None,
        checkpoint_prefix: str | None = None,
        input_range: Sequence[float] = (-1.0, 1.0),
        channel_order: str = 'bgr',
        activated_last: bool = False,
    ) -> None:
        super().__init__()
        name = network if isinstance(network, str) else None
        if isinstance(network, Mapping) and network.get('type') == 'zoo':
            name = network['name']
        if name is not None:
            input_range, channel_order = find_entry(name).discriminator_input
        self.input_range, self.channel_order = checked_format(
            'Discriminator', input_range, channel_order
        )
        self.network = _build_network(network, checkpoint, checkpoint_prefix)
        use_lean_blocks(self.network)
        freeze_spectral_norm(self.network)
        self.activated_last = activated_last

    def features(self, image: Tensor, count: int | None = None) -> list[Tensor]:
        """Features of images, from shallow to deep.

        Args:
            image: B×3×H×W, RGB on the scale [0, 1].
            count: How many, from the deepest; None is all.

        Returns:
            Feature maps B×C×h×w, for BigGAN a vector B×C at the end.

        Raises:
            UserError: If there are fewer, or the network's family is not known.
        """
        image = to_network(image, self.input_range, self.channel_order)
        found = block_features(self.network, image, self.activated_last)
        if count is not None and count > len(found):
            raise UserError(f'features={count}, but {type(self.network).__name__} has {len(found)}')
        return found if count is None else found[-count:]

    def logit(self, image: Tensor) -> Tensor:
        """:func:`realism_logit` of images B×3×H×W, RGB on the scale [0, 1], per sample (B,).

        The mean over the outputs where there are several per image.
        """
        image = to_network(image, self.input_range, self.channel_order)
        return realism_logit(self.network, image).flatten(1).mean(1)

    def train(self, mode: bool = True) -> Discriminator:
        """Stay in eval mode: batch statistics would couple the samples."""
        return super().train(False)


def build_discriminator(discriminator: str | Mapping | nn.Module, **arguments) -> Discriminator:
    """A :class:`Discriminator` from what a config says.

    Args:
        discriminator: One already built, which is returned as it is; its config; or its
            ``network`` alone.
        **arguments: Those of :class:`Discriminator` that the config does not give.
    """
    if isinstance(discriminator, Discriminator):
        return discriminator
    if isinstance(discriminator, Mapping) and discriminator.get('type') == 'Discriminator':
        return MODELS.build({**arguments, **discriminator})
    return Discriminator(discriminator, **arguments)


def _build_network(
    network: str | Mapping | nn.Module,
    checkpoint: str | PathLike | None,
    checkpoint_prefix: str | None,
) -> nn.Module:
    if isinstance(network, str):
        return zoo_discriminator(network)
    if isinstance(network, nn.Module):
        return init_generator(network, checkpoint, checkpoint_prefix)
    config = dict(network)
    checkpoint = config.pop('checkpoint', checkpoint or config.get('name'))
    prefix = config.pop('checkpoint_prefix', checkpoint_prefix)
    seed = config.pop('init_seed', 0)
    if config.get('type') == 'zoo':
        own = find_entry(config['name']).discriminator
        if own is None or checkpoint == config['name']:
            return zoo_discriminator(config['name'])
        config = own
    return init_generator(config, checkpoint, prefix, seed)
