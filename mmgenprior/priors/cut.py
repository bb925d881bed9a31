"""A generator's state between two of its blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class Cut:
    """What the deeper blocks of a generator need of the shallower ones, for B samples.

    Attributes:
        features: Feature maps B×C×h×w; the latent code before the first block, the image in the
            generator's own range and channel order after the last.
        rest: What else later blocks read, name → B×...: styles, class conditions, a picture that
            lower resolutions have begun.
    """

    features: Tensor
    rest: dict[str, Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.features)

    def split(self) -> list[Cut]:
        """One cut per sample."""
        return [
            Cut(self.features[i : i + 1], {k: v[i : i + 1] for k, v in self.rest.items()})
            for i in range(len(self))
        ]

    @staticmethod
    def join(cuts: Sequence[Cut]) -> Cut:
        """The cuts of several samples as one."""
        names = cuts[0].rest
        return Cut(
            torch.cat([c.features for c in cuts]),
            {name: torch.cat([c.rest[name] for c in cuts]) for name in names},
        )
