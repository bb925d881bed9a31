"""Baselines without a generator, in the same config slot as the methods."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmagic.registry import MODELS
from torch import Tensor

from mmgenprior.degradations import Degradation
from mmgenprior.editors.restoration_editor import Restoration, RestorationEditor
from mmgenprior.utils import derive_seed
from mmgenprior.utils.errors import UserError


class _DirectBaseline(RestorationEditor):
    """A baseline that is one formula of the measurement."""

    variant: str

    def estimate(self, y: Tensor, degradation: Degradation, image_shape: Sequence[int]) -> Tensor:
        """The formula; images B×3×H×W."""
        raise TypeError(f'{type(self).__name__} does not define estimate()')

    def restore(
        self,
        y: Tensor,
        degradation: Degradation,
        params: dict[str, Tensor],
        image_shape: tuple[int, int, int],
        keys: Sequence[str],
    ) -> Restoration:
        """See :meth:`RestorationEditor.restore`."""
        with torch.no_grad():
            image = self.estimate(y, degradation.bind(params, image_shape), image_shape)
        return Restoration({self.variant: image})


@MODELS.register_module()
class Bicubic(_DirectBaseline):
    """Bicubic upsampling of the measured picture (IAGAN, Tables 2 and 3)."""

    variant = 'bicubic'

    def estimate(self, y: Tensor, degradation: Degradation, image_shape: Sequence[int]) -> Tensor:
        """Upsample to the image size.

        Raises:
            UserError: If the measurement is not a picture.
        """
        if not degradation.image_like:
            raise UserError('Bicubic needs a measurement that is a picture: use PseudoInverse')
        picture = degradation.measurement_image(y, image_shape)
        return F.interpolate(
            picture, size=tuple(image_shape[-2:]), mode='bicubic', align_corners=False
        )


@MODELS.register_module()
class PseudoInverse(_DirectBaseline):
    """A†y, the image of least energy that explains the measurement."""

    variant = 'pseudo-inverse'

    def estimate(self, y: Tensor, degradation: Degradation, image_shape: Sequence[int]) -> Tensor:
        """Pseudo-inverse of the measurement."""
        return degradation.pseudo_inverse(y)


@MODELS.register_module()
class ZeroFilled(_DirectBaseline):
    """Aᵀy; for Fourier measurements the naive zero-filled inverse FFT (IAGAN, Table 1)."""

    variant = 'zero-filled'

    def estimate(self, y: Tensor, degradation: Degradation, image_shape: Sequence[int]) -> Tensor:
        """Adjoint of the measurement."""
        return degradation.adjoint_image(y)


@MODELS.register_module()
class DIP(RestorationEditor):
    """Deep image prior (Ulyanov et al. 2018), deepinv's implementation and decoder.

    Args:
        iterations: Adam updates per image.
        lr: Step size.
        channels: Width of the decoder.
        layers: Depth of the decoder.
        in_size: Side of the decoder's input noise.
        **kwargs: See :class:`RestorationEditor`.
    """

    def __init__(
        self,
        iterations: int = 2500,
        lr: float = 1e-2,
        channels: int = 128,
        layers: int = 5,
        in_size: int = 8,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.iterations = iterations
        self.lr = lr
        self.channels = channels
        self.layers = layers
        self.in_size = in_size

    def restore(
        self,
        y: Tensor,
        degradation: Degradation,
        params: dict[str, Tensor],
        image_shape: tuple[int, int, int],
        keys: Sequence[str],
    ) -> Restoration:
        """One network per image, each from the seed of its sample."""
        images = []
        for i, key in enumerate(keys):
            self.progress.note(f'deep image prior · image {i + 1} of {len(keys)} of this batch')
            bound = degradation.bind({k: v[i : i + 1] for k, v in params.items()}, image_shape)
            images.append(self._restore_one(y[i : i + 1], bound, image_shape, key))
        return Restoration({'DIP': torch.cat(images)})

    def _restore_one(
        self, y: Tensor, degradation: Degradation, image_shape: tuple[int, int, int], key: str
    ) -> Tensor:
        from deepinv.models import ConvDecoder, DeepImagePrior
        from deepinv.physics import Physics

        # deepinv draws weights and input from the global stream.
        with torch.random.fork_rng(devices=[]):
            torch.random.default_generator.manual_seed(derive_seed(self.seed, key, 'dip'))
            decoder = ConvDecoder(
                image_shape, (self.in_size,) * 2, layers=self.layers, channels=self.channels
            )
            reconstructor = DeepImagePrior(
                decoder.to(y),
                (self.channels, self.in_size, self.in_size),
                iterations=self.iterations,
                learning_rate=self.lr,
            )
            return reconstructor(y, Physics(A=degradation.predict)).detach()
