"""Back-projection: hard compliance with the measurement."""

from __future__ import annotations

from mmagic.registry import MODELS
from torch import Tensor, nn

from mmgenprior.degradations import Degradation


@MODELS.register_module()
class BackProjection(nn.Module):
    """Project an estimate onto {x : A x = y} (IAGAN, Eq. 9 and 10).

    x_BP = x̂ + A†(y − A x̂). The component of the error in the row space of A
    vanishes, the one in its null space stays. With noise in y it amplifies
    that noise (Eq. 11), so use it at low noise only.
    """

    suffix = 'BP'

    def forward(self, image: Tensor, y: Tensor, degradation: Degradation) -> Tensor:
        """Project.

        Args:
            image: Estimates x̂, B×3×H×W, RGB in [0, 1].
            y: Measurements, B×....
            degradation: The operator, bound to the parameters of the batch.

        Returns:
            x_BP, B×3×H×W.
        """
        return degradation.back_project(image, y)
