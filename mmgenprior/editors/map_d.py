"""MAP-D: image restoration with deep generative models (Yeh et al. 2018)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mmagic.registry import MODELS

from mmgenprior.editors.gan_inversion import GANInversion
from mmgenprior.editors.presets import PAPER_RANGE, changed_stages
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.catalogue import find_entry


def map_d_stage(box: float | None = 1.0) -> dict:
    """Stage of MAP-D: Adam on the latent alone, projected onto the box of its start distribution.

    The paper gives neither a number of updates nor a step size.

    Args:
        box: Half the side of the box; None leaves the latent free.
    """
    return dict(name='MAP-D', iterations=1000, latent_lr=0.03, latent_box=box)


def discriminator_of(prior: str | Mapping) -> str | dict:
    """The discriminator that a prior was trained with.

    Args:
        prior: Name in the zoo or ``dict(type='zoo', name=..., ...)``. With a ``checkpoint`` of its
            own the discriminator comes from the same file; with None both have random weights.

    Returns:
        ``network`` of a :class:`mmgenprior.priors.discriminators.Discriminator`.

    Raises:
        UserError: If it is another prior, or the catalogue knows no discriminator of it.
    """
    if isinstance(prior, str):
        prior = dict(type='zoo', name=prior)
    if not isinstance(prior, Mapping) or prior.get('type') != 'zoo':
        raise UserError(
            "MAPD: which discriminator belongs to this prior? Give discriminator=dict(type='"
            "Discriminator', network=..., checkpoint=...) or a prior of the zoo"
        )
    name = prior['name']
    entry = find_entry(name)
    if entry.discriminator is None:
        raise UserError(f"MAPD: prior '{name}' has no discriminator in the catalogue")
    if 'checkpoint' not in prior:
        return name
    own = dict(checkpoint=prior['checkpoint'], checkpoint_prefix=entry.discriminator_prefix)
    return dict(type='zoo', name=name, **own)


@MODELS.register_module()
class MAPD(GANInversion):
    """argmin over z of ‖y − A(G(z))‖₁ + λ (log(1 − D(G(z))) − log D(G(z))) − log p(z) (Eq. 3).

    p(z) is uniform on [−box, box]: the start is drawn from it (``latent='uniform'`` of the prior)
    and z is projected onto it. The norm is the mean over the measurement on the papers' range
    [−1, 1], so that one λ means the same for measurements of any size; λ of a plain sum is larger
    by the number of measured values.

    Args:
        prior: Config of the prior, or its name in the zoo.
        stages: Changes of the stage ``MAP-D``, see :func:`.presets.changed_stages`.
        realism: λ. The paper gives no number; ``tools/sweep.py`` chooses one on training images.
        discriminator: As of :class:`mmgenprior.inversion.AdversarialTerm`; by default the one that
            the prior of the zoo was trained with.
        box: Half the side of the box; None for a generator trained on normal latents, where
            −log p(z) is ½‖z‖² and enters with the weight λ, as Eq. 3 has it.
        blending: Add the variant MAP-D-Poisson, for inpainting (section 3.2).
        postprocess: What follows it, e.g. ``[dict(type='BackProjection')]``.
        **kwargs: See :class:`~mmgenprior.editors.gan_inversion.GANInversion`.

    Raises:
        UserError: If the prior has no discriminator that is known.
        ValueError: If the box is no box.
    """

    def __init__(
        self,
        prior: str | dict,
        stages: Sequence[dict] | Mapping[str, dict] | None = None,
        realism: float = 1e-3,
        discriminator: str | dict | None = None,
        box: float | None = 1.0,
        blending: bool = False,
        postprocess: Sequence[dict] = (),
        **kwargs,
    ) -> None:
        network = discriminator_of(prior) if discriminator is None else discriminator
        objective = [
            dict(type='DataFidelityTerm', norm='l1', reduction='mean', weight=PAPER_RANGE['l1']),
            dict(type='AdversarialTerm', discriminator=network, weight=realism),
            dict(type='LatentBoxTerm', box=box) if box else dict(type='LatentNormTerm'),
        ]
        super().__init__(
            prior,
            stages=changed_stages('MAPD', [map_d_stage(box)], stages),
            objective=objective,
            postprocess=[*([dict(type='PoissonBlending')] if blending else []), *postprocess],
            **kwargs,
        )
        if not box:
            density = self.inversion.objective.terms[-1]
            # The term is half the mean square.
            density.weight = realism * math.prod(self.prior.latent_shapes['z'])
