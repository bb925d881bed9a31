"""Baselines without a generator, in the same config slot as the methods."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmagic.registry import MODELS
from torch import Tensor

from mmgenprior.degradations import Degradation
from mmgenprior.editors.one_by_one import OneByOne
from mmgenprior.editors.restoration_editor import Restoration, RestorationEditor
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import derive_seed
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.limits import NonNegativeFloat, PositiveInt

# The decoder's output begins near 0; what a measurement does not see must not begin black.
_MID_GREY = 0.5


class _DirectBaseline(RestorationEditor):
    """A baseline that is one formula of the measurement."""

    variant: str

    def estimate(self, y: Tensor, degradation: Degradation) -> Tensor:
        """The formula; images B×3×H×W of measurements B×... and their bound operator."""
        raise TypeError(f'{type(self).__name__} does not define estimate()')

    def restore(self, batch: MeasurementBatch) -> Restoration:
        """See :meth:`RestorationEditor.restore`."""
        with torch.no_grad():
            return Restoration({self.variant: self.estimate(batch.y, batch.bound())})


@MODELS.register_module()
class MeasurementPicture(_DirectBaseline):
    """The measurement as it looks, unrestored: what every method should be ahead of.

    A picture of another size is enlarged by nearest neighbour; what is no picture is shown
    as the adjoint image.
    """

    variant = 'measurement'

    def estimate(self, y: Tensor, degradation: Degradation) -> Tensor:
        """Picture of the measurement in the size of the image."""
        picture = degradation.measurement_image(y)
        size = degradation.image_shape[-2:]
        return F.interpolate(picture, size=size, mode='nearest-exact')


@MODELS.register_module()
class Bicubic(_DirectBaseline):
    """Bicubic upsampling of the measured picture (IAGAN, Tables 2 and 3)."""

    variant = 'bicubic'

    def estimate(self, y: Tensor, degradation: Degradation) -> Tensor:
        """Upsample to the image size.

        Raises:
            UserError: If the measurement is not a picture.
        """
        if not degradation.image_like:
            raise UserError('Bicubic needs a measurement that is a picture: use PseudoInverse')
        size = degradation.image_shape[-2:]
        picture = degradation.measurement_image(y)
        return F.interpolate(picture, size=size, mode='bicubic', align_corners=False)


@MODELS.register_module()
class PseudoInverse(_DirectBaseline):
    """A†y, the image of least energy that explains the measurement."""

    variant = 'pseudo-inverse'

    def estimate(self, y: Tensor, degradation: Degradation) -> Tensor:
        """Pseudo-inverse of the measurement."""
        return degradation.pseudo_inverse(y)


@MODELS.register_module()
class ZeroFilled(_DirectBaseline):
    """Aᵀy; for Fourier measurements the naive zero-filled inverse FFT (IAGAN, Table 1)."""

    variant = 'zero-filled'

    def estimate(self, y: Tensor, degradation: Degradation) -> Tensor:
        """Adjoint of the measurement."""
        return degradation.adjoint_image(y)


@MODELS.register_module()
class DIP(OneByOne):
    """Deep image prior (Ulyanov et al. 2018), deepinv's implementation and decoder.

    Args:
        iterations: Adam updates per image.
        lr: Step size.
        channels: Width of the decoder.
        layers: Depth of the decoder.
        in_size: Side of the decoder's input noise.
        **kwargs: See :class:`RestorationEditor`.
    """

    variant = 'DIP'

    def __init__(
        self,
        iterations: PositiveInt = 2500,
        lr: NonNegativeFloat = 1e-2,
        channels: PositiveInt = 128,
        layers: PositiveInt = 5,
        in_size: int = 8,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.iterations = iterations
        self.lr = lr
        self.channels = channels
        self.layers = layers
        self.in_size = in_size

    @property
    def images_at_once(self) -> int:
        """One: each is searched by itself."""
        return 1

    def _restore_one(self, one: MeasurementBatch) -> Tensor:
        """One network per image, from the seed of its sample."""
        from deepinv.models import ConvDecoder, DeepImagePrior
        from deepinv.physics import Physics

        # deepinv draws weights and input from the global stream.
        with torch.random.fork_rng(devices=[]):
            torch.random.default_generator.manual_seed(derive_seed(self.seed, one.keys[0], 'dip'))
            decoder = ConvDecoder(
                one.image_shape, (self.in_size,) * 2, layers=self.layers, channels=self.channels
            )
            reconstructor = DeepImagePrior(
                decoder.to(one.y),
                (self.channels, self.in_size, self.in_size),
                iterations=self.iterations,
                learning_rate=self.lr,
            )
            operator = one.bound()
            physics = Physics(A=lambda image: operator.predict(image + _MID_GREY))
            return reconstructor(one.y, physics).detach() + _MID_GREY
