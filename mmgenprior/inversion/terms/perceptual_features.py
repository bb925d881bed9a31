"""Distances between the features that a classifier sees in a prediction and in the measurement."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from os import PathLike

import torch
import torch.nn.functional as F
from mmagic.registry import MODELS
from mmengine.logging import print_log
from torch import Tensor, nn

from mmgenprior.degradations import Degradation
from mmgenprior.inversion.terms.base import (
    Estimate,
    ObjectiveTerm,
    per_sample,
    picture_of,
    reweighted,
    scaled_rows,
)
from mmgenprior.utils.errors import CheckpointError
from mmgenprior.weights.reading import read_checkpoint
from mmgenprior.weights.resolve import VGG16, resolve_checkpoint

# Layers by the name that the literature gives them → number of the feature layer of torchvision.
_NAMES = {
    f'relu{block}_{i}': index
    for block, indices in enumerate(
        ((1, 3), (6, 8), (11, 13, 15), (18, 20, 22), (25, 27, 29)), start=1
    )
    for i, index in enumerate(indices, start=1)
}
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def vgg16_features(last: int) -> nn.Sequential:
    """Layers 0 … ``last`` of the convolutional part of torchvision's VGG-16, not in place."""
    from torchvision.models.vgg import cfgs, make_layers

    layers = make_layers(cfgs['D'])[: last + 1]
    return nn.Sequential(*(nn.ReLU() if isinstance(m, nn.ReLU) else m for m in layers))


def load_vgg16(features: nn.Sequential, weights: str | PathLike) -> None:
    """Fill :func:`vgg16_features` from torchvision's or a plain ``features.N.weight`` file.

    Raises:
        CheckpointError: If the file is missing, unsafe, damaged or lacks a layer.
    """
    path = resolve_checkpoint(weights)
    content = read_checkpoint(path)
    own = {}
    for name, value in features.state_dict().items():
        found = content.get(f'features.{name}')
        if not isinstance(found, Tensor) or found.shape != value.shape:
            raise CheckpointError(
                f"checkpoint '{path}' is no VGG-16: features.{name} of shape "
                f'{tuple(value.shape)} is missing; use the file of torchvision'
            )
        own[name] = found
    features.load_state_dict(own)


@MODELS.register_module()
class PerceptualFeaturesTerm(ObjectiveTerm):
    """Distance between the VGG-16 features of A(G(z)) and of the measurement, as pictures.

    A prediction is compared as the picture that the measurement is, unclamped: holes are at the
    operator's centre, grey is copied to three channels, and what is no picture (compressed
    sensing) is compared as the adjoint image.

    mGANprior (Gu et al. 2020, Eq. 5; official code): ``relu3_3``, mean absolute difference times
    0.001, ImageNet normalisation, pictures at 256×256; the defaults here, without the 0.001.

    Args:
        weights: File of torchvision's VGG-16, its address, or None for random features, which
            one warning line says. It is read when the first batch is prepared.
        layers: One or more layers, by name (``'relu3_3'``) or torchvision's number of the
            feature layer (15); several are averaged.
        norm: ``'l1'`` or ``'l2'`` (squared).
        reduction: ``'mean'`` or ``'sum'`` over the features of one layer.
        normalisation: ``'imagenet'``: (x − mean) / std, or ``'symmetric'``: 2x − 1, the images
            on [-1, 1] as they are (DGP's VGG variant).
        size: Side to which pictures are resized by the nearest pixel, or None.
        init_seed: Seed of random features.
        weight: Factor of the term.

    Raises:
        ValueError: If an option has no such value.
    """

    def __init__(
        self,
        weights: str | PathLike | None = VGG16,
        layers: str | int | Sequence[str | int] = 'relu3_3',
        norm: str = 'l1',
        reduction: str = 'mean',
        normalisation: str = 'imagenet',
        size: int | None = 256,
        init_seed: int = 0,
        weight: float = 1.0,
    ) -> None:
        super().__init__(weight)
        for name, value, known in (
            ('norm', norm, ('l1', 'l2')),
            ('reduction', reduction, ('mean', 'sum')),
            ('normalisation', normalisation, ('imagenet', 'symmetric')),
        ):
            if value not in known:
                raise ValueError(f'PerceptualFeaturesTerm: {name}={value!r}: use one of {known}')
        self.layers = _indices([layers] if isinstance(layers, (str, int)) else layers)
        self.weights = weights
        self.norm = norm
        self.reduction = reduction
        self.normalisation = normalisation
        self.size = size
        self.init_seed = init_seed
        # Not a part of the editor's state: it is a constant of the objective.
        object.__setattr__(self, '_network', None)

    @property
    def network(self) -> nn.Sequential | None:
        """The layers that it needs, frozen; None before the first batch is prepared."""
        return self._network

    def features(self, picture: Tensor) -> list[Tensor]:
        """Features of every chosen layer of pictures B×3×h×w, RGB on the scale [0, 1]."""
        network = self._network_like(picture)
        if self.size is not None and tuple(picture.shape[-2:]) != (self.size,) * 2:
            picture = F.interpolate(picture, size=(self.size,) * 2, mode='nearest')
        if self.normalisation == 'imagenet':
            mean, std = (picture.new_tensor(v).view(1, 3, 1, 1) for v in _IMAGENET)
            x = (picture - mean) / std
        else:
            x = picture * 2 - 1
        found = {}
        for index, layer in enumerate(network):
            x = layer(x)
            if index in self.layers:
                found[index] = x
        return [found[index] for index in self.layers]

    def prepare(self, y: Tensor, degradation: Degradation) -> tuple[Degradation, list[Tensor]]:
        """The operator, and the features of the measurement."""
        return degradation, self.features(picture_of(y, degradation))

    def forward(self, estimate: Estimate, target: tuple[Degradation, list[Tensor]]) -> Tensor:
        """Distance per sample, shape (B,), the mean over the layers."""
        degradation, wanted = target
        values = []
        for found, goal in zip(self.features(picture_of(estimate.prediction, degradation)), wanted):
            residual = found - goal
            distance = residual.abs() if self.norm == 'l1' else residual.square()
            values.append(per_sample(distance, self.reduction))
        return sum(values) / len(values)

    def residual(self, estimate: Estimate, target: tuple[Degradation, list[Tensor]]) -> Tensor:
        """See :meth:`ObjectiveTerm.residual`; ``l1`` by re-weighting."""
        degradation, wanted = target
        rows = []
        for found, goal in zip(self.features(picture_of(estimate.prediction, degradation)), wanted):
            residual = found - goal
            residual = residual if self.norm == 'l2' else reweighted(residual)
            rows.append(scaled_rows(residual, self.reduction))
        return torch.cat(rows, dim=1) / len(rows) ** 0.5

    def _network_like(self, like: Tensor) -> nn.Sequential:
        if self._network is None:
            with torch.random.fork_rng(devices=[]), torch.device('cpu'):
                torch.default_generator.manual_seed(self.init_seed)
                network = vgg16_features(max(self.layers))
            if self.weights is None:
                print_log(
                    f'PerceptualFeaturesTerm: no weights are given, its features are random '
                    f'(init_seed={self.init_seed})',
                    logger='current',
                    level=logging.WARNING,
                )
            else:
                load_vgg16(network, self.weights)
            object.__setattr__(self, '_network', network.eval().requires_grad_(False))
        first = next(self._network.parameters())
        if first.device != like.device or first.dtype != like.dtype:
            self._network.to(like.device, like.dtype)
        return self._network


def _indices(layers: Sequence[str | int]) -> list[int]:
    indices = [_NAMES.get(layer, -1) if isinstance(layer, str) else int(layer) for layer in layers]
    if not indices or any(not 0 <= index <= 30 for index in indices):
        raise ValueError(
            f'PerceptualFeaturesTerm: layers={list(layers)!r}: use 0 to 30 or {", ".join(_NAMES)}'
        )
    return indices
