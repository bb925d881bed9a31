"""Adversarial perturbation of a photograph, the degradation of the defence task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mmgenprior.classifiers.pretrained import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    RESNET50_WEIGHTS,
    classifier_logits,
    load_classifier,
)
from mmgenprior.degradations.base import DegradationError
from mmgenprior.degradations.pointwise import IdentityInLoss
from mmgenprior.registry import PHYSICS


@PHYSICS.register_module()
class AdversarialAttack(IdentityInLoss):
    """x → x + Δx with Δx that turns a classifier away from what it sees in x (DGP, section 4.1).

    Within ‖Δx‖_∞ ≤ ε and the range of images, the cross-entropy of the class that the classifier
    gives the clean photograph is raised: by one step of the gradient's sign (FGSM, Goodfellow et
    al. 2015) or by several (PGD without a random start, Madry et al. 2018), so that the result
    depends on the photograph alone. DGP's paper uses a trained attacker (adversarial
    transformation networks), which is not at hand.

    Inside a loss it is replaced by the identity: DGP reconstructs the attacked image itself.

    Args:
        method: ``'pgd'`` or ``'fgsm'``.
        epsilon: Bound ε, in units of [0, 1] images.
        steps: Number of steps of PGD.
        step_size: Size of a step; ε / 4 by default, for FGSM ε.
        classifier: Name of a classifier of torchvision.
        weights: See :func:`mmgenprior.classifiers.load_classifier`.
        num_classes: Number of its classes.
        size: Side to which images are resized for it, or None.
        mean: Means that are subtracted from RGB in [0, 1].
        std: Standard deviations that it is divided by.
        centre: What was subtracted from the [0, 1] image; set by the adapter.

    Raises:
        DegradationError: If an argument is out of range.
    """

    def __init__(
        self,
        method: str = 'pgd',
        epsilon: float = 8 / 255,
        steps: int = 10,
        step_size: float | None = None,
        classifier: str = 'resnet50',
        weights: str | None = RESNET50_WEIGHTS,
        num_classes: int = 1000,
        size: int | None = 224,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        centre: float = 0.0,
    ) -> None:
        super().__init__(float(centre))
        if method not in ('pgd', 'fgsm'):
            raise DegradationError(f"AdversarialAttack: method={method!r}: use 'pgd' or 'fgsm'")
        if not 0 < epsilon < 1 or steps < 1:
            raise DegradationError(
                f'AdversarialAttack: epsilon={epsilon} must lie in (0, 1), steps={steps} be >= 1'
            )
        self.epsilon = float(epsilon)
        self.steps = 1 if method == 'fgsm' else int(steps)
        default = self.epsilon if method == 'fgsm' else self.epsilon / 4
        self.step_size = default if step_size is None else float(step_size)
        self.classifier = (classifier, weights, num_classes)
        self.size = size
        self.mean, self.std = tuple(mean), tuple(std)

    def logits(self, image: Tensor) -> Tensor:
        """Scores of the classifier, B×classes, for images B×3×H×W in [0, 1]."""
        network = load_classifier(*self.classifier).to(image.device)
        return classifier_logits(network, image, self.size, self.mean, self.std)

    def A(self, x: Tensor, **kwargs: Any) -> Tensor:
        """Attack.

        Args:
            x: Images, B×3×H×W, centred.
            **kwargs: Ignored.

        Returns:
            Attacked images, B×3×H×W, centred; without gradient.
        """
        # The Runner tests under no_grad or inference mode; an attack needs gradients.
        with torch.inference_mode(False), torch.enable_grad():
            clean = (x.detach().clone().float() + self.centre).clamp(0, 1)
            # One by one: kernels round a sample differently in another batch, and signs flip.
            attacked = torch.cat([self._attack(one) for one in clean.split(1)])
            return attacked.to(x.dtype) - self.centre

    def _attack(self, clean: Tensor) -> Tensor:
        """The attacked image of 1×3×H×W in [0, 1]."""
        label = self.logits(clean).argmax(1)
        attacked = clean
        for _ in range(self.steps):
            attacked = attacked.detach().requires_grad_(True)
            loss = F.cross_entropy(self.logits(attacked), label)
            (gradient,) = torch.autograd.grad(loss, attacked)
            step = attacked.detach() + self.step_size * gradient.sign()
            attacked = clean + (step - clean).clamp(-self.epsilon, self.epsilon)
            attacked = attacked.clamp(0, 1)
        return attacked.detach()
