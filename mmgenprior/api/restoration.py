"""What :func:`mmgenprior.restore` returns."""

from __future__ import annotations

import base64
import functools
import html
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from mmgenprior.photos.values import to_dtype

if TYPE_CHECKING:
    from torch import Tensor

    from mmgenprior.api.scene import Consistency
    from mmgenprior.photos import Placement


@dataclass(frozen=True)
class Part:
    """What the prior made of one square of the photo, at its own size.

    Attributes:
        placement: Where the square lies in the result; None where it is all of it.
        variants: Name → size×size×3, RGB, not clipped.
        trace: Objective before every update, (T,); None for methods without one.
        objective: The final one.
        samples: Draws size×size×3, where several were asked for.
    """

    placement: Placement | None
    variants: Mapping[str, np.ndarray]
    trace: np.ndarray | None = None
    objective: float | None = None
    samples: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True)
class Restoration:
    """One restored photo, and how far to trust it.

    Pictures are arrays H×W×3, RGB in [0, 1] but not clipped, of the photo's size; of ``srN``, N
    times that. Maps are H×W, 0 where nothing was restored.

    Attributes:
        name: Of the photo.
        photo: What was given, H×W×3.
        pixels: The result.
        main: Name of the variant that is the result.
        variants: Name → picture, of the main variant and of those that say more: ``mean`` (least
            error), ``sample`` (most like a photograph), …
        std: Standard deviation of every pixel; None for methods that know none.
        hallucination: How much of every pixel the photo leaves open, from 0 to 1; None for damage
            that is not linear.
        phi: Share of the prior in every pixel, as ``'bigprior'`` learned it; None for the other
            methods, of which ``hallucination`` says what the photo leaves open.
        consistency: ‖A x̂ − y‖, and what noise allows of it.
        metrics: PSNR and SSIM with the truth, empty where none was given.
        parts: The squares that the prior drew, largest first.
        assumed: Lines on what was decided for you.
        settings: Damage, prior, method, seed and device of the run.
        seconds: It took.
        film: Frames N×3×size×size of the first square as it converged; None unless asked for.
        known: H×W bool of the photo, None without a hole.
        samples: All draws from what is likely, where several were asked for
            (``options=dict(samples=4)``).
    """

    name: str
    photo: np.ndarray
    pixels: np.ndarray
    main: str
    variants: Mapping[str, np.ndarray]
    consistency: Consistency
    parts: tuple[Part, ...]
    settings: Mapping[str, Any]
    std: np.ndarray | None = None
    hallucination: np.ndarray | None = None
    phi: np.ndarray | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    seconds: float = 0.0
    film: Tensor | None = None
    known: np.ndarray | None = None
    samples: tuple[np.ndarray, ...] = ()

    @functools.cached_property
    def image(self) -> Image.Image:
        """The result as an 8-bit picture: the photo's size, of ``srN`` N times that."""
        return picture_of(self.pixels)

    @functools.cached_property
    def tensor(self) -> Tensor:
        """The result, 3×H×W, RGB in [0, 1] but not clipped, float32."""
        import torch

        return torch.from_numpy(np.ascontiguousarray(self.pixels.transpose(2, 0, 1))).float()

    @property
    def given(self) -> np.ndarray:
        """The photo to look at, its hole in mid-grey, H×W×3."""
        if self.known is None:
            return self.photo
        return np.where(self.known[..., None], self.photo, np.float32(0.5))

    @property
    def mean(self) -> np.ndarray | None:
        """The picture of least expected error; None for methods without one."""
        return self.variants.get('mean')

    @property
    def sample(self) -> np.ndarray | None:
        """A draw from what is likely; None for methods without one."""
        return self.variants.get('sample')

    @property
    def trace(self) -> np.ndarray | None:
        """Objective of the first square before every update of the latent, (T,).

        Stages follow each other, NaN once one has stopped; None without a search.
        """
        return self.parts[0].trace if self.parts else None

    def save(self, folder: str | Path, film: bool = True) -> dict[str, Path]:
        """Write result, sheet, maps, film and report into a folder.

        Args:
            folder: Made where it is missing.
            film: Write the film too, where one was recorded.

        Returns:
            What → file.

        Raises:
            UserError: If a file cannot be written.
        """
        from mmgenprior.api.saving import save

        return save(self, Path(folder), film)

    def __repr__(self) -> str:
        height, width = self.pixels.shape[:2]
        numbers = ''.join(f', {name} {value:.2f}' for name, value in self.metrics.items())
        said = ''.join(f'\n  {line}' for line in self.assumed)
        return (
            f'Restoration of {self.name!r}, {width}×{height}, by {self.settings["method"]} with '
            f'{self.settings["prior"]}, {self.seconds:.1f} s{numbers}\n  {self.consistency}{said}'
        )

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        self.image.save(content, format='PNG')
        return content.getvalue()

    def _repr_html_(self) -> str:
        shown = {'given': picture_of(self.given), 'restored': self.image}
        if self.std is not None:
            shown['standard deviation'] = map_image(self.std, 0.15)
        cells = ''.join(
            f'<figure style="display:inline-block;margin:4px"><img style="height:240px;'
            f'image-rendering:pixelated" src="data:image/png;base64,{_encoded(picture)}">'
            f'<figcaption>{html.escape(name)}</figcaption></figure>'
            for name, picture in shown.items()
        )
        return f'{cells}<pre>{html.escape(repr(self))}</pre>'


def picture_of(pixels: np.ndarray) -> Image.Image:
    """H×W×3 in [0, 1] as an 8-bit picture, rounded and clipped."""
    return Image.fromarray(to_dtype(pixels, np.uint8))


def map_image(values: np.ndarray, high: float) -> Image.Image:
    """H×W as a picture, dark to bright yellow at ``high``."""
    from mmgenprior.visualization import map_picture

    return Image.fromarray(np.ascontiguousarray(map_picture(values[None], 0, high)[..., ::-1]))


def _encoded(picture: Image.Image) -> str:
    content = io.BytesIO()
    picture.save(content, format='PNG')
    return base64.b64encode(content.getvalue()).decode()
