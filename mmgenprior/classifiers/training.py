"""How a classifier of torchvision is trained."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from mmagic.registry import MODELS
from mmengine.model import BaseModel
from torch import Tensor

from mmgenprior.classifiers.pretrained import classifier_logits, new_classifier
from mmgenprior.images import from_network


@MODELS.register_module()
class TorchvisionClassifier(BaseModel):
    """A classifier of torchvision that the Runner trains by the cross-entropy of the class.

    The batch is that of GAN training: ``gt_img`` B×3×H×W, BGR in [-1, 1] as MMagic's
    ``DataPreprocessor`` leaves it, and ``gt_label``.

    Args:
        classifier: Its name, e.g. ``'shufflenet_v2_x0_5'``.
        num_classes: Number of classes.
        data_preprocessor: As :class:`mmengine.model.BaseModel`.

    Raises:
        UserError: If torchvision has no such classifier.
    """

    def __init__(
        self, classifier: str, num_classes: int, data_preprocessor: dict | None = None
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor)
        self.network = new_classifier(classifier, num_classes)

    def forward(
        self, inputs: Any, data_samples: Any, mode: str = 'tensor'
    ) -> dict[str, Tensor] | Tensor:
        """Loss and accuracy (mode ``'loss'``) or scores B×classes."""
        logits = classifier_logits(
            self.network, from_network(data_samples.gt_img, (-1.0, 1.0), 'bgr')
        )
        if mode != 'loss':
            return logits
        label = data_samples.gt_label.label.reshape(-1)
        accuracy = (logits.detach().argmax(1) == label).float().mean()
        return dict(loss=F.cross_entropy(logits, label), accuracy=accuracy)
