"""Training of a generator on pictures whose latents are known, with a discriminator to sharpen."""

from __future__ import annotations

import math
from os import PathLike
from typing import Any

import torch
import torch.nn.functional as F
from mmagic.models import DataPreprocessor
from mmagic.models.base_models import BaseGAN
from mmagic.registry import MODELS
from mmagic.structures import DataSample
from mmengine import MessageHub
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

from mmgenprior.evaluation.lpips_metric import load_lpips
from mmgenprior.images import swapped
from mmgenprior.utils.errors import UserError


@MODELS.register_module()
class PairedGAN(BaseGAN):
    """A stock generator that learns to draw the picture of a given latent.

    Pictures that were made from parameters have a known latent (``ToyFacesDataset(latents=128)``).
    The generator then learns every mode of the family at once, which an adversary alone teaches
    slowly and in part; the adversary comes in later, for the fine textures, which no latent
    describes and a distance in pixels blurs. The loss:

    ``pixel_weight``·|G(z) − x| + ``perceptual_weight``·LPIPS(G(z), x)
    + ``adversarial_weight``·softplus(−D(G(z)))

    The adversarial loss is the non-saturating one (Goodfellow et al., 2014), by default with a
    gradient penalty on real pictures (R1, Mescheder et al., 2018).

    Args:
        generator: Config of a generator of MMagic that makes BGR pictures in [-1, 1].
        discriminator: Config of its discriminator; None trains without an adversary.
        num_classes: Classes of both networks, None for networks that know none.
        perceptual: Backbone of LPIPS, ``dict(net='alex' | 'vgg', weights=FILE)``; None goes
            without.
        pixel_weight: Weight of the mean absolute difference, on [-1, 1].
        perceptual_weight: Weight of LPIPS.
        perceptual_share: Share of a batch that LPIPS looks at; on a processor it costs as much as a
            small generator does.
        adversarial_weight: Weight of the adversary.
        adversarial_start: Iteration at which the discriminator begins to learn.
        adversarial_wait: Iterations that it learns alone before the generator listens.
        gradient_penalty: R1's γ; 0 goes without.
        penalty_interval: Iterations between two gradient penalties (lazy regularisation).
        **kwargs: As of :class:`mmagic.models.base_models.BaseGAN`.

    Raises:
        UserError: If a weight is negative or the share is not in (0, 1].
    """

    def __init__(
        self,
        generator: dict | nn.Module,
        discriminator: dict | nn.Module | None = None,
        num_classes: int | None = None,
        perceptual: dict[str, str | PathLike] | None = None,
        pixel_weight: float = 1.0,
        perceptual_weight: float = 0.3,
        perceptual_share: float = 1.0,
        adversarial_weight: float = 0.01,
        adversarial_start: int = 0,
        adversarial_wait: int = 200,
        gradient_penalty: float = 0.0,
        penalty_interval: int = 16,
        **kwargs: Any,
    ) -> None:
        weights = dict(
            pixel_weight=pixel_weight,
            perceptual_weight=perceptual_weight,
            adversarial_weight=adversarial_weight,
            gradient_penalty=gradient_penalty,
        )
        for name, value in weights.items():
            if value < 0:
                raise UserError(f'PairedGAN: {name}={value} must not be negative')
        if not 0 < perceptual_share <= 1:
            raise UserError(f'PairedGAN: perceptual_share={perceptual_share} must be in (0, 1]')
        if num_classes is not None:
            self.num_classes = num_classes
        super().__init__(generator, discriminator, **kwargs)
        self.conditional = num_classes is not None
        self.pixel_weight, self.perceptual_weight = pixel_weight, perceptual_weight
        self.perceptual_share = perceptual_share
        self.adversarial_weight = adversarial_weight if discriminator else 0.0
        self.adversarial_start = adversarial_start
        self.adversarial_wait = adversarial_wait
        self.gradient_penalty, self.penalty_interval = gradient_penalty, penalty_interval
        self.perceptual = perceptual if perceptual_weight else None
        # In a list: weights of others, which no checkpoint of this model should hold.
        self._perceptual: list[nn.Module] = []

    def forward(self, inputs: Any, data_samples: Any = None, mode: str | None = None) -> list:
        """Pictures of random latents; the classes take turns."""
        if self.conditional and isinstance(inputs, dict):
            noise = self.noise_fn(inputs.get('noise'), num_batches=inputs.get('num_batches', 1))
            label = torch.arange(len(noise), device=noise.device) % self.num_classes
            inputs = dict(inputs, noise=noise, sample_kwargs=dict(label=label))
        return super().forward(inputs, data_samples, mode)

    @property
    def _iteration(self) -> int:
        return MessageHub.get_current_instance().get_info('iter')

    def _labels(self, data_samples: DataSample) -> dict[str, Tensor]:
        return dict(label=data_samples.gt_label.label.reshape(-1)) if self.conditional else {}

    def train_discriminator(
        self, inputs: dict, data_samples: DataSample, optimizer_wrapper: OptimWrapper
    ) -> dict[str, Tensor]:
        """A step of the discriminator, once its time has come."""
        since = self._iteration - self.adversarial_start
        if not self.adversarial_weight or since < 0:
            return {}
        real, labels = data_samples.gt_img, self._labels(data_samples)
        with torch.no_grad():
            fake = self.generator(data_samples.latent, **labels)
        losses = dict(
            loss_disc_fake=F.softplus(self.discriminator(fake, **labels)).mean(),
            loss_disc_real=F.softplus(-self.discriminator(real, **labels)).mean(),
        )
        if self.gradient_penalty and since % self.penalty_interval == 0:
            penalty = self._squared_slope(real, labels)
            losses['loss_disc_penalty'] = (
                0.5 * self.gradient_penalty * self.penalty_interval * penalty
            )
        loss, log = self.parse_losses(losses)
        optimizer_wrapper.update_params(loss)
        log.pop('loss_disc_penalty', None)  # of some iterations only
        return log

    def _squared_slope(self, real: Tensor, labels: dict[str, Tensor]) -> Tensor:
        real = real.detach().requires_grad_()
        score = self.discriminator(real, **labels).sum()
        (slope,) = torch.autograd.grad(score, real, create_graph=True)
        return slope.square().flatten(1).sum(1).mean()

    def _perceptual_network(self, device: torch.device) -> nn.Module:
        if not self._perceptual:
            self._perceptual.append(load_lpips(**self.perceptual).to(device))
        return self._perceptual[0]

    def train_generator(
        self, inputs: dict, data_samples: DataSample, optimizer_wrapper: OptimWrapper
    ) -> dict[str, Tensor]:
        """A step of the generator."""
        real, labels = data_samples.gt_img, self._labels(data_samples)
        fake = self.generator(data_samples.latent, **labels)
        losses = dict(loss_pixel=self.pixel_weight * F.l1_loss(fake, real))
        if self.perceptual:
            network = self._perceptual_network(fake.device)
            some = slice(math.ceil(self.perceptual_share * len(fake)))
            distance = network(swapped(fake[some]), swapped(real[some])).mean()
            losses['loss_perceptual'] = self.perceptual_weight * distance
        begin = self.adversarial_start + self.adversarial_wait
        if self.adversarial_weight and self._iteration >= begin:
            score = self.discriminator(fake, **labels)
            losses['loss_gen'] = self.adversarial_weight * F.softplus(-score).mean()
        loss, log = self.parse_losses(losses)
        optimizer_wrapper.update_params(loss)
        return log


@MODELS.register_module()
class PairedPreprocessor(DataPreprocessor):
    """Takes whole batches of pictures and latents, where the stock one takes samples in turn.

    For a data set without a pipeline and ``collate_fn=dict(type='keep_batch')``: 64 pictures
    cost the stock preprocessor 30 ms of a core, which is most of an iteration on a GPU.
    """

    def forward(self, data: dict, training: bool = False) -> dict:
        """Pictures in [-1, 1] with their latents and classes.

        Args:
            data: ``gt``, (B, H, W, 3) uint8 in BGR, ``latent``, (B, n), and perhaps ``gt_label``,
                (B,). Anything else goes to the stock preprocessor.
            training: As of the stock preprocessor.

        Returns:
            ``inputs``, empty, and ``data_samples``, one for the whole batch.
        """
        if 'gt' not in data:
            return super().forward(data, training)
        data = self.cast_data(data)
        sample = DataSample(latent=data['latent'])
        sample.gt_img = data['gt'].permute(0, 3, 1, 2).float() / 127.5 - 1
        if 'gt_label' in data:
            sample.set_gt_label(data['gt_label'])
        return dict(inputs={}, data_samples=sample)
