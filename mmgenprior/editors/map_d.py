"""MAP-D: image restoration with deep generative models (Yeh et al. 2018)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mmagic.registry import MODELS

from mmgenprior.editors.gan_inversion import GANInversion
from mmgenprior.utils.catalogue import find_entry
from mmgenprior.utils.errors import UserError


def map_d_stage(iterations: int = 1000, lr: float = 0.03, box: float | None = 1.0, **stage) -> dict:
    """Stage of MAP-D: Adam on the latent alone, projected onto the box of its start distribution.

    Args:
        iterations: Updates; the paper gives no number.
        lr: Step size of Adam; the paper gives no number.
        box: Half the side of the box; None leaves the latent free.
        **stage: Further fields of :class:`mmgenprior.inversion.Stage`.

    Returns:
        Config of the stage.
    """
    return dict(name='MAP-D', iterations=iterations, latent_lr=lr, latent_box=box) | stage


def discriminator_of(prior: str | Mapping) -> dict:
    """Arguments of ``AdversarialPrior`` for the discriminator that a prior was trained with.

    Args:
        prior: Name in the zoo or ``dict(type='zoo', name=..., ...)``. With a ``checkpoint`` of its
            own the discriminator comes from the same file; with None both have random weights.

    Raises:
        UserError: If it is another prior, or the catalogue knows no discriminator of it.
    """
    if isinstance(prior, str):
        return dict(discriminator=prior)
    if not isinstance(prior, Mapping) or prior.get('type') != 'zoo':
        raise UserError(
            'MAPD: which discriminator belongs to this prior? Give discriminator=dict(type='
            "'AdversarialPrior', discriminator=..., checkpoint=...) or a prior of the zoo"
        )
    name = prior['name']
    if 'checkpoint' not in prior:
        return dict(discriminator=name)
    entry = find_entry(name)
    if entry.discriminator is None:
        raise UserError(f"MAPD: prior '{name}' has no discriminator in the catalogue")
    own = dict(checkpoint=prior['checkpoint'], checkpoint_prefix=entry.discriminator_prefix)
    return dict(discriminator=dict(type='zoo', name=name, **own))


@MODELS.register_module()
class MAPD(GANInversion):
    """argmin over z of ‖y − A(G(z))‖₁ + λ (log(1 − D(G(z))) − log D(G(z))) − log p(z) (Eq. 3).

    p(z) is uniform on [−box, box]: the start is drawn from it (``latent='uniform'`` of the prior)
    and z is projected onto it. The norm is the mean over the measurement on the papers' range
    [−1, 1], so that one λ means the same for measurements of any size; λ of a plain sum is larger
    by the number of measured values.

    Args:
        prior: Config of the prior, or its name in the zoo.
        search: Arguments of :func:`map_d_stage`, and ``restarts``.
        realism: λ. The paper gives no number; ``tools/sweep.py`` chooses one on training images.
        discriminator: Arguments of :class:`~mmgenprior.inversion.realism.AdversarialPrior`; by
            default the one that the prior of the zoo was trained with.
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
        search: dict | None = None,
        realism: float = 1e-3,
        discriminator: dict | None = None,
        box: float | None = 1.0,
        blending: bool = False,
        postprocess: Sequence[dict] = (),
        **kwargs,
    ) -> None:
        search = dict(search or {})
        restarts = search.pop('restarts', 1)
        network = dict(discriminator) if discriminator else discriminator_of(prior)
        objective = [
            dict(type='DataFidelity', norm='l1', reduction='mean', weight=2.0),
            dict(type='AdversarialPrior') | network | dict(weight=realism),
            dict(type='UniformLatentPrior', box=box) if box else dict(type='LatentNorm'),
        ]
        kwargs.setdefault('initialization', dict(type='RandomLatents', restarts=restarts))
        super().__init__(
            prior,
            stages=[map_d_stage(box=box, **search)],
            objective=objective,
            postprocess=[*([dict(type='PoissonBlending')] if blending else []), *postprocess],
            **kwargs,
        )
        if not box:
            density = self.inversion.objective.terms[-1]
            # The term is half the mean square.
            density.weight = realism * sum(self.prior.latent_shapes['z'])
