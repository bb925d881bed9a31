"""Whether a classifier still sees what is in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

import cv2
import numpy as np
import torch
from mmagic.evaluation.metrics.base_sample_wise_metric import BaseSampleWiseMetric
from mmagic.registry import METRICS
from mmengine.registry import DefaultScope
from torch import nn

from mmgenprior.classifiers.pretrained import (
    RESNET50_WEIGHTS,
    classifier_logits,
    load_classifier,
)
from mmgenprior.evaluation.backbones import RESNET50, MetricUnavailable, metric_weights
from mmgenprior.images import to_rgb01
from mmgenprior.ledger import averaging
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.reading import select_state

_MEAN = (123.675, 116.28, 103.53)
_STD = (58.395, 57.12, 57.375)


def load_resnet50(weights: str | PathLike = RESNET50) -> nn.Module:
    """MMPretrain's ResNet-50 for the 1,000 classes of ImageNet.

    Args:
        weights: Its weight file, path or address (76.55 % top-1 on ImageNet's validation set).

    Returns:
        Frozen, on the CPU; ``head(extract_feat(x))`` are logits B×1000 of normalised B×3×H×W.

    Raises:
        MetricUnavailable: If MMPretrain or the weights cannot be had, or are others.
    """
    content = metric_weights('ResNet-50 accuracy', weights)
    try:
        import mmpretrain.models  # noqa: F401  (registers them)
        from mmpretrain.registry import MODELS
    except ImportError as error:
        raise MetricUnavailable(
            f'ResNet-50 accuracy is left out: MMPretrain cannot be imported ({error}): '
            'pip install mmpretrain'
        ) from error
    with torch.random.fork_rng(devices=[]), DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(
            dict(
                type='ImageClassifier',
                backbone=dict(type='ResNet', depth=50, num_stages=4, out_indices=(3,)),
                neck=dict(type='GlobalAveragePooling'),
                head=dict(type='LinearClsHead', num_classes=1000, in_channels=2048),
            )
        )
    try:
        model.load_state_dict(select_state(content, ''), strict=True)
    except (UserError, RuntimeError) as error:
        reason = ' '.join(str(error).split())[:200]
        raise MetricUnavailable(
            f"ResNet-50 accuracy is left out: '{weights}' is no ResNet-50 of MMPretrain: {reason}"
        ) from error
    return model.eval().requires_grad_(False)


def classifier_input(picture: np.ndarray) -> torch.Tensor:
    """MMPretrain's test pipeline: short side 256, centre 224×224, normalised.

    Args:
        picture: H×W×3, uint8, BGR.

    Returns:
        1×3×224×224, RGB.
    """
    height, width = picture.shape[:2]
    short = 256 / min(height, width)
    size = (max(256, int(width * short + 0.5)), max(256, int(height * short + 0.5)))
    resized = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    top, left = (resized.shape[0] - 224) // 2, (resized.shape[1] - 224) // 2
    cut = resized[top : top + 224, left : left + 224, ::-1].astype(np.float32)
    normalised = (cut - np.float32(_MEAN)) / np.float32(_STD)
    return torch.from_numpy(normalised.transpose(2, 0, 1)[None].copy())


@METRICS.register_module()
class ClassifierAccuracy(BaseSampleWiseMetric):
    """Top-1 and top-5 accuracy of MMPretrain's ResNet-50, in percent (DGP, Table 5 and section 4).

    Of the saved picture, rounded to 8 bits. Needs the class of each image, ``label`` of the
    measurement or ``gt_label`` of the sample, a number of ImageNet's 1,000 in the usual order;
    samples without one are left out.

    Args:
        weights: See :func:`load_resnet50`.
        pred_key: Key of the image in the output.
        device: Where the network runs.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.
    """

    metric = 'top1'
    averaged_by = 'percent'
    needs_gt = False

    def __init__(
        self,
        weights: str | PathLike = RESNET50,
        pred_key: str = 'pred_img',
        device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(pred_key=pred_key, device=device, prefix=prefix)
        self.weights = weights
        self._model: nn.Module | None = None

    def load(self) -> None:
        """Load the network, once.

        Raises:
            MetricUnavailable: See :func:`load_resnet50`.
        """
        if self._model is None:
            self._model = load_resnet50(self.weights).to(self.device)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Add whether the class of each sample is the first, and among the first five."""
        self.load()
        for sample in data_samples:
            label = _label(sample)
            if label is None:
                continue
            image = sample['output'][self.pred_key].detach().cpu().float().clamp(0, 255).round()
            picture = np.ascontiguousarray(image.byte().permute(1, 2, 0).numpy())
            with torch.no_grad():
                scores = self.scores(picture)
            best = scores.topk(min(5, len(scores))).indices.tolist()
            result = {'top1': float(best[0] == label)}
            if len(scores) > 5:
                result['top5'] = float(label in best)
            self.results.append(result)

    def scores(self, picture: np.ndarray) -> torch.Tensor:
        """Scores of the classes for a picture H×W×3, uint8, BGR."""
        x = classifier_input(picture).to(self.device)
        return self._model.head(self._model.extract_feat(x))[0]

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Shares of the images, in percent."""
        return averaging.percent(results)


@METRICS.register_module()
class AttackedAccuracy(ClassifierAccuracy):
    """Top-1 accuracy, in percent, of the classifier that ``AdversarialAttack`` attacks.

    Of the saved picture, as :class:`ClassifierAccuracy`; top-5 too where there are more classes
    than that.

    Args:
        classifier: As :class:`mmgenprior.degradations.AdversarialAttack`, like the next three.
        weights: See above.
        num_classes: See above.
        size: See above.
        pred_key: Key of the image in the output.
        device: Where the network runs.
        prefix: As :class:`mmagic.evaluation.BaseSampleWiseMetric`.
    """

    def __init__(
        self,
        classifier: str = 'resnet50',
        weights: str | None = RESNET50_WEIGHTS,
        num_classes: int = 1000,
        size: int | None = 224,
        pred_key: str = 'pred_img',
        device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(pred_key=pred_key, device=device, prefix=prefix)
        self.classifier = (classifier, weights, num_classes)
        # MMagic's evaluator sets `size` of a metric to the length of the data set.
        self.side = size

    def load(self) -> None:
        """Load the network, once.

        Raises:
            MetricUnavailable: If its weights cannot be had.
        """
        if self._model is None:
            try:
                self._model = load_classifier(*self.classifier).to(self.device)
            except UserError as error:
                raise MetricUnavailable(f'AttackedAccuracy is left out: {error}') from error

    def scores(self, picture: np.ndarray) -> torch.Tensor:
        """Scores of the classes for a picture H×W×3, uint8, BGR."""
        image = torch.from_numpy(to_rgb01(picture))[None].to(self.device)
        return classifier_logits(self._model, image, self.side)[0]


def _label(sample: dict) -> int | None:
    measurement = sample.get('measurement')
    label = getattr(measurement, 'label', None)
    if label is None:
        label = sample.get('gt_label')
    if isinstance(label, dict):  # a LabelData, as to_dict() shows it
        label = label.get('label')
    return None if label is None else int(label)
