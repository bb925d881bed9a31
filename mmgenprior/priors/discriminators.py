"""What the blocks of a discriminator see in an image."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any

from torch import Tensor, nn

from mmgenprior.priors.base import init_generator
from mmgenprior.priors.zoo import zoo_discriminator
from mmgenprior.utils.catalogue import find_entry
from mmgenprior.utils.errors import UserError


def _keep(x: Tensor) -> Tensor:
    """A copy that a following activation in place does not change."""
    return x.clone()


def _biggan(network: nn.Module, x: Tensor, activated_last: bool) -> list[Tensor]:
    features = []
    for block in network.conv_blocks:
        x = block(x)
        features.append(_keep(x))
    x = network.activate(x)
    if activated_last:
        features[-1] = _keep(x)
    return [*features, x.sum((2, 3))]


def _dcgan(network: nn.Module, x: Tensor, activated_last: bool) -> list[Tensor]:
    features = []
    for block in network.downsamples:
        x = block(x)
        features.append(_keep(x))
    return features


def _pggan(network: nn.Module, x: Tensor, activated_last: bool) -> list[Tensor]:
    features = []
    scale = network.in_log2_scale
    x = network.fromrgb_layers[scale - 2](x)
    for s in range(scale, 2, -1):
        x = network.conv_blocks[2 * s - 4](network.conv_blocks[2 * s - 5](x))
        features.append(_keep(x))
    # Behind them lies the statistic over the mini-batch, which would couple samples.
    return features


_FAMILIES: dict[str, Callable[[nn.Module, Tensor, bool], list[Tensor]]] = {
    'BigGANDiscriminator': _biggan,
    'DCGANDiscriminator': _dcgan,
    'PGGANDiscriminator': _pggan,
}


def discriminator_features(
    network: nn.Module, image: Tensor, activated_last: bool = False
) -> list[Tensor]:
    """Outputs of a discriminator's blocks, from the image (shallow) to the decision (deep).

    ``BigGANDiscriminator``: every residual and attention block, and the pooled vector that the
    decision is taken from. ``DCGANDiscriminator``: every downsampling layer.
    ``PGGANDiscriminator``: the pair of convolutions of every resolution. Nothing depends on a
    class or on other samples.

    Args:
        network: The discriminator, in eval mode.
        image: B×3×H×W in the range and channel order that it was trained on.
        activated_last: Give BigGAN's last block behind the activation. The official code does
            so, as its activation works in place.

    Returns:
        Feature maps B×C×h×w, for BigGAN a vector B×C at the end.

    Raises:
        UserError: If it is none of the three.
    """
    for kind in type(network).__mro__:
        if kind.__name__ in _FAMILIES:
            return _FAMILIES[kind.__name__](network, image, activated_last)
    raise UserError(
        f'{type(network).__name__} has no known order of blocks: use one of {", ".join(_FAMILIES)}'
    )


def discriminator_logit(network: nn.Module, image: Tensor) -> Tensor:
    """The logit of "this image is real", whatever its class, per sample.

    A projection discriminator (BigGAN's) adds the class's term ⟨e_y, φ(x)⟩ to ψ(φ(x)); ψ alone
    estimates the ratio of the images' densities without their classes (Miyato and Koyama 2018,
    Eq. 3), and is what is returned.

    Args:
        network: The discriminator, in eval mode.
        image: B×3×H×W in the range and channel order that it was trained on.

    Returns:
        (B,), the mean over the outputs where there are several per image.
    """
    if any(kind.__name__ == 'BigGANDiscriminator' for kind in type(network).__mro__):
        x = image
        for block in network.conv_blocks:
            x = block(x)
        return network.decision(network.activate(x).sum((2, 3))).flatten(1).mean(1)
    return network(image).flatten(1).mean(1)


def build_discriminator(
    discriminator: str | Mapping | nn.Module,
    checkpoint: str | PathLike | None = None,
    checkpoint_prefix: str | None = None,
) -> nn.Module:
    """A frozen discriminator from what a config says.

    Args:
        discriminator: Name of a prior in the catalogue, whose discriminator it is, or
            ``dict(type='zoo', name=..., checkpoint=...)`` for other weights of the same network;
            config with an optional ``checkpoint``, ``checkpoint_prefix`` and ``init_seed``; or a
            module.
        checkpoint: Weight file of a config that names none, or of a module.
        checkpoint_prefix: Sub-module of that file, e.g. ``'discriminator'``.

    Raises:
        UserError: If the catalogue has none of this name, or its weight file is at fault.
    """
    if isinstance(discriminator, str):
        return zoo_discriminator(discriminator)
    if isinstance(discriminator, nn.Module):
        return init_generator(discriminator, checkpoint, checkpoint_prefix)
    config = dict(discriminator)
    checkpoint = config.pop('checkpoint', checkpoint or config.get('name'))
    prefix = config.pop('checkpoint_prefix', checkpoint_prefix)
    seed = config.pop('init_seed', 0)
    if config.get('type') == 'zoo':
        network = find_entry(config['name']).discriminator
        if network is None or checkpoint == config['name']:
            return zoo_discriminator(config['name'])
        config = network
    return init_generator(config, checkpoint, prefix, seed)


def discriminator_input(
    discriminator: Any, input_range: Sequence[float], channel_order: str
) -> tuple[tuple[float, float], str]:
    """What a discriminator takes: the catalogue's word for one of its own, else what is given.

    Args:
        discriminator: As :func:`build_discriminator`.
        input_range: Values for black and white of any other.
        channel_order: ``'rgb'`` or ``'bgr'``, of any other.

    Returns:
        Values for black and white, and the channel order.
    """
    name = discriminator if isinstance(discriminator, str) else None
    if isinstance(discriminator, Mapping) and discriminator.get('type') == 'zoo':
        name = discriminator['name']
    if name is not None:
        return find_entry(name).discriminator_input
    return (float(input_range[0]), float(input_range[1])), channel_order
