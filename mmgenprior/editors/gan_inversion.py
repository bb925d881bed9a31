"""A method as a choice of five parts: every GAN-inversion editor derives from this one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmagic.registry import MODELS
from torch import Tensor

from mmgenprior.editors.restoration_editor import Restoration, RestorationEditor
from mmgenprior.inversion import Inversion
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.limits import PositiveInt


@MODELS.register_module()
class GANInversion(RestorationEditor):
    """Restores images by searching a generator, z*, θ* = argmin Σ w_k L_k(A(G(z; θ)), y).

    Args:
        prior: Config of a prior, or its name in the zoo.
        stages: Configs of :class:`mmgenprior.inversion.Stage`; each ends with a
            variant of its name.
        objective: Configs of objective terms.
        restarts: N random starts per image, of which the one of lowest objective goes on.
        start: Config of another start than a random one; it has restarts of its own.
        postprocess: Configs of post-processing modules; each adds, to every stage,
            a variant ``<stage>-<suffix>``.
        shown: Names of the stages that become variants; all by default.
        lanes: See :class:`mmgenprior.inversion.Inversion`.
        weight_lanes: See :class:`mmgenprior.inversion.Inversion`.
        **kwargs: See :class:`RestorationEditor`.
    """

    def __init__(
        self,
        prior: str | dict,
        stages: Sequence[dict],
        objective: Sequence[dict] = (dict(type='DataFidelityTerm'),),
        restarts: PositiveInt = 1,
        start: dict | None = None,
        postprocess: Sequence[dict] = (),
        shown: Sequence[str] | None = None,
        lanes: PositiveInt | None = None,
        weight_lanes: PositiveInt | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if start is not None and restarts != 1:
            raise UserError('restarts belongs to the random start: give start or restarts')
        self.inversion = Inversion(
            prior,
            stages,
            objective=objective,
            start=start or dict(type='RandomStart', restarts=restarts),
            lanes=lanes,
            weight_lanes=weight_lanes,
        )
        self.shown = shown
        self.postprocess = torch.nn.ModuleList(MODELS.build(cfg) for cfg in postprocess)

    @property
    def prior(self) -> torch.nn.Module:
        """The prior adapter."""
        return self.inversion.prior

    @property
    def images_at_once(self) -> int | None:
        """One image where no search evaluates several together: then none waits for others."""
        device = self.data_preprocessor.device
        return 1 if self.inversion.lanes.one_image_at_once(device) else None

    @property
    def work_per_image(self) -> int:
        """See :meth:`RestorationEditor.work_per_image`."""
        return self.inversion.work_per_image

    def check_size(self, batch: MeasurementBatch) -> None:
        """See that the generator makes images of the size to restore.

        Raises:
            UserError: If it makes images of another size.
        """
        if tuple(batch.image_shape) != tuple(self.prior.image_shape):
            raise UserError(
                f'{batch.keys[0]}: the image is {batch.image_shape[-1]}×{batch.image_shape[-2]}, '
                f'the generator makes {self.prior.image_shape[-1]}×{self.prior.image_shape[-2]}; '
                'resize or crop the photos, or choose another prior'
            )

    def restore(self, batch: MeasurementBatch) -> Restoration:
        """See :meth:`RestorationEditor.restore`.

        Raises:
            UserError: If the generator makes images of another size.
        """
        self.check_size(batch)
        result = self.inversion(batch, self.seed, self.callback)
        bound = batch.bound()
        variants: dict[str, Tensor] = {}
        with torch.no_grad():
            for name, stage in result.stages.items():
                if self.shown is not None and name not in self.shown:
                    continue
                variants[name] = stage.image
                for step in self.postprocess:
                    variants[f'{name}-{step.suffix}'] = step(stage.image, batch.y, bound)
        final = result.final
        extras = dict(restart_objectives=result.restart_objectives)
        if self.map_probes and result.restart_spread is not None:
            extras['restart_spread'] = result.restart_spread
        return Restoration(
            variants,
            objective=final.objective,
            trace=torch.cat([stage.trace for stage in result.stages.values()]),
            extras=extras,
            marks=result.marks,
        )
