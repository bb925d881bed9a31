"""Missing pixels: centre box, random boxes, a mask file."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mmgenprior.degradations.base import DegradationError, ImageShape, LinearOperator
from mmgenprior.registry import PHYSICS
from mmgenprior.utils.limits import PositiveFloat, PositiveInt

_CANDIDATES = 256
_ROUNDS = 400


class _Mask(LinearOperator):
    """x -> m ⊙ x with a mask m of B×1×H×W (or 1×1×H×W), 1 = observed; the holes are 0."""

    def _mask(self, like: Tensor) -> Tensor:
        raise NotImplementedError

    def A(self, x: Tensor, **kwargs: Tensor) -> Tensor:
        """Zero the holes.

        Args:
            x: Images, B×C×H×W.
            **kwargs: A new ``mask``, B×1×H×W, where the operator takes one.

        Returns:
            Measurements, B×C×H×W.
        """
        self.update_parameters(**kwargs)
        return x * self._mask(x)

    def observed(self, y: Tensor) -> Tensor:
        """See :meth:`Operator.observed`: not the holes."""
        return self._mask(y) != 0

    def A_adjoint(self, y: Tensor, **kwargs: Tensor) -> Tensor:
        """Transpose, the same product.

        Args:
            y: Measurements, B×C×H×W.
            **kwargs: As in :meth:`A`.

        Returns:
            Images, B×C×H×W.
        """
        return self.A(y, **kwargs)

    def null_space_diagonal(self, image_shape: ImageShape, like: Tensor) -> Tensor:
        """1 in the holes, 0 elsewhere; see :meth:`Operator.null_space_diagonal`."""
        image = like.new_zeros(1, 1, 1, 1).expand(self._batch(), *image_shape)
        return (self._mask(image) == 0).to(like).expand(image.shape)

    def _batch(self) -> int:
        return 1

    def A_dagger(self, y: Tensor, **kwargs: Tensor) -> Tensor:
        """Pseudo-inverse: y / m where m is not zero, and 0 in the holes.

        Args:
            y: Measurements, B×C×H×W.
            **kwargs: As in :meth:`A`.

        Returns:
            Images, B×C×H×W.
        """
        self.update_parameters(**kwargs)
        mask = self._mask(y)
        seen = mask != 0
        return y * torch.where(seen, 1 / mask.where(seen, torch.ones_like(mask)), 0.0)


@PHYSICS.register_module()
class BoxMask(_Mask):
    """A centred rectangular hole.

    Args:
        size: Side of the hole, or (height, width), in pixels.
        fraction: Side of the hole as a fraction of the shorter image side,
            rounded down, and one pixel more where that is needed to be exactly
            centred; 1/3 is DGP's hole.

    Exactly one of the two is given.

    Raises:
        DegradationError: If both or none are given, or the hole does not fit.
    """

    def __init__(
        self,
        size: PositiveInt | Sequence[PositiveInt] | None = None,
        fraction: PositiveFloat | None = None,
    ) -> None:
        super().__init__()
        if (size is None) == (fraction is None):
            raise DegradationError('BoxMask: give either size or fraction')
        if fraction is not None and not 0 < fraction < 1:
            raise DegradationError(f'BoxMask: fraction={fraction!r} must lie between 0 and 1')
        if size is not None:
            size = (size, size) if isinstance(size, int) else tuple(size)
            if len(size) != 2 or any(side < 1 for side in size):
                raise DegradationError(f'BoxMask: size={size!r} must be one or two integers >= 1')
        self.size = size
        self.fraction = fraction

    def hole(self, height: int, width: int) -> tuple[slice, slice]:
        """Rows and columns of the hole in an image of height×width pixels."""
        if self.size is None:
            side = int(self.fraction * min(height, width) + 1e-9)
            begin = (height - side) // 2, (width - side) // 2
            end = height - begin[0], width - begin[1]
            # An odd margin widens the hole instead of shifting it, as in DGP.
            return slice(begin[0], end[0]), slice(begin[1], end[1])
        if self.size[0] > height or self.size[1] > width:
            raise DegradationError(
                f'BoxMask: a hole of {self.size[0]}×{self.size[1]} does not fit an image of '
                f'{height}×{width}'
            )
        top, left = (height - self.size[0]) // 2, (width - self.size[1]) // 2
        return slice(top, top + self.size[0]), slice(left, left + self.size[1])

    def measurement_shape(self, image_shape: ImageShape) -> tuple[int, ...]:
        """Shape of one measurement; raises if the hole does not fit."""
        self.hole(*image_shape[1:])
        return tuple(image_shape)

    def _mask(self, like: Tensor) -> Tensor:
        height, width = like.shape[2:]

        def build():
            mask = torch.ones(1, 1, height, width, dtype=like.dtype)
            mask[(..., *self.hole(height, width))] = 0
            return mask.to(like.device)

        return self.cached((height, width, like.dtype, like.device), build)


class _PerSampleMask(_Mask):
    """A mask per sample, the parameter ``mask`` (1×H×W; B×1×H×W when bound)."""

    parameter_names = ('mask',)

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer('mask', None, persistent=False)

    def _batch(self) -> int:
        return 1 if self.mask is None else len(self.mask)

    def set_image_shape(self, image_shape: ImageShape) -> None:
        """Fix the (C, H, W) of the images; the mask must have the same size."""
        super().set_image_shape(image_shape)
        if self.mask is not None:
            self._check(self.mask, image_shape[1:])

    def _check(self, mask: Tensor, size: Sequence[int]) -> None:
        if tuple(mask.shape[-2:]) != tuple(size):
            raise DegradationError(
                f'{type(self).__name__}: the mask is {mask.shape[-2]}×{mask.shape[-1]} and the '
                f'image {size[0]}×{size[1]}; give a mask of the size of the image'
            )

    def _mask(self, like: Tensor) -> Tensor:
        if self.mask is None:
            raise DegradationError(
                f'{type(self).__name__} has no mask yet: bind the parameter "mask" (1 = observed)'
            )
        self._check(self.mask, like.shape[2:])
        if self.mask.dim() != 4 or self.mask.shape[0] not in (1, like.shape[0]):
            raise DegradationError(
                f'{type(self).__name__}: a mask of shape {tuple(self.mask.shape)} does not fit a '
                f'batch of {like.shape[0]} images; it must be B×1×H×W'
            )
        if self.mask.dtype != like.dtype or self.mask.device != like.device:
            self.mask = self.mask.to(like.device, like.dtype)
        return self.mask


@PHYSICS.register_module()
class RandomBoxesMask(_PerSampleMask):
    """A few random rectangular holes, drawn per image (BIGPrior, sec. IV-C, Table IV).

    The number of holes is uniform in ``count``; each hole has a uniformly
    random corner and sides from N(``side_mean``, ``side_std``) truncated below
    at ``min_side``, all drawn again until the hole lies inside the image.

    Args:
        count: Smallest and largest number of holes.
        side_mean: Mean of the sides before truncation, in pixels.
        side_std: Standard deviation of the sides before truncation, in pixels.
        min_side: Smallest side, in pixels.

    Raises:
        DegradationError: If an argument is out of range or no hole fits the image.
    """

    def __init__(
        self,
        count: tuple[int, int] = (2, 4),
        side_mean: float = 64,
        side_std: float = 32,
        min_side: int = 9,
    ) -> None:
        super().__init__()
        if len(count) != 2 or not 1 <= count[0] <= count[1]:
            raise DegradationError(
                f'RandomBoxesMask: count={count!r} must be (low, high) with 1 <= low <= high'
            )
        if side_std < 0 or min_side < 1:
            raise DegradationError('RandomBoxesMask: side_std must be >= 0 and min_side >= 1')
        self.count = tuple(count)
        self.side_mean = side_mean
        self.side_std = side_std
        self.min_side = min_side

    def draw_parameters(
        self, image_shape: ImageShape, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """Draw ``mask``, 1×H×W, 1 = observed."""
        height, width = image_shape[1:]
        low, high = self.count
        holes = int(torch.randint(low, high + 1, (), generator=generator))
        mask = torch.ones(1, height, width)
        for _ in range(holes):
            top, left, rows, columns = self._draw_box(height, width, generator)
            mask[:, top : top + rows, left : left + columns] = 0
        return {'mask': mask}

    def _draw_box(self, height: int, width: int, generator: torch.Generator) -> list[int]:
        limit = torch.tensor([height, width])
        for _ in range(_ROUNDS):
            corner = (torch.rand(_CANDIDATES, 2, generator=generator) * limit).long()
            sides = torch.randn(_CANDIDATES, 2, generator=generator)
            sides = (sides * self.side_std + self.side_mean).round().long()
            fits = ((sides >= self.min_side) & (corner + sides <= limit)).all(dim=1)
            if fits.any():
                first = int(fits.int().argmax())
                return [*corner[first].tolist(), *sides[first].tolist()]
        raise DegradationError(
            f'RandomBoxesMask: no hole of at least {self.min_side} pixels with sides from '
            f'N({self.side_mean}, {self.side_std}) fits an image of {height}×{width}; '
            'lower side_mean or min_side'
        )


@PHYSICS.register_module()
class FileMask(_PerSampleMask):
    """A mask from a file, one for all images or one per sample.

    Args:
        file: Mask picture for all images; a grey value of 128 or more = observed.
            ``None``: each sample brings its own as the parameter ``mask``.

    Raises:
        DegradationError: If the file is missing, or a mask has not the image's size.
    """

    def __init__(self, file: str | None = None) -> None:
        super().__init__()
        self.file = file
        if file is not None and not os.path.isfile(file):
            raise DegradationError(f'FileMask: there is no mask file {file!r}')

    def draw_parameters(
        self, image_shape: ImageShape, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """``mask`` of the file, 1×H×W; nothing if there is no file."""
        if self.file is None:
            return {}
        mask = self.cached(('file',), lambda: load_mask(self.file))
        self._check(mask, image_shape[1:])
        return {'mask': mask}


def load_mask(file: str) -> Tensor:
    """Read a mask picture.

    Args:
        file: Any picture that Pillow reads; a grey value of 128 or more = observed.

    Returns:
        Float32 tensor 1×H×W of zeros and ones.

    Raises:
        DegradationError: If the file is no picture.
    """
    try:
        with Image.open(file) as picture:
            grey = np.asarray(picture.convert('L'))
    except Exception as error:  # whatever the bytes of a file make a decoder raise
        reason = ' '.join(str(error).split())
        raise DegradationError(f'mask file {file!r} cannot be read: {reason}') from error
    return torch.from_numpy((grey >= 128).astype(np.float32))[None]
