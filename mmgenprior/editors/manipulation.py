"""What can be done with a photograph once a generator has been fitted to it (DGP, section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmgenprior.editors.gan_inversion import GANInversion
from mmgenprior.inversion import generate
from mmgenprior.inversion.low_rank import dense_weights
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils import sample_generator
from mmgenprior.utils.errors import UserError


@dataclass
class Reconstruction:
    """A photograph as a generator of its own makes it.

    Attributes:
        key: The sample's key.
        latents: Name → 1×..., at which the generator makes the photograph.
        weights: Name → 1×... weights of its own; others are the prior's.
        image: The reconstruction, 1×3×H×W, RGB on the scale [0, 1].
    """

    key: str
    latents: dict[str, Tensor]
    weights: dict[str, Tensor]
    image: Tensor


def reconstruct(editor: GANInversion, batch: MeasurementBatch) -> list[Reconstruction]:
    """Search a batch and keep what :func:`jitter`, :func:`morph` and :func:`transfer` need.

    The image is made anew with batch norms where the search had instance norms, which know
    nothing of another latent or class.

    Args:
        editor: A search that adapts weights, e.g. ``DGP``.
        batch: What is reconstructed.

    Raises:
        UserError: If the search left the latents behind and moved features.
    """
    final = editor.inversion(batch, editor.seed, editor.callback, keep_weights=True).final
    if final.iterate.cut:
        raise UserError('a reconstruction to be varied needs stages without features')
    own = editor.prior.state_dict()
    dense = dense_weights(editor.prior, final.weights, final.iterate.low_rank)
    weights = {name: value for name, value in dense.items() if name in own}
    found = []
    for i, key in enumerate(batch.keys):
        latents = {k: v[i : i + 1] for k, v in final.latents.items()}
        mine = {k: v[i : i + 1] for k, v in weights.items()}
        image = _generate(editor.prior, latents, mine)
        found.append(Reconstruction(key, latents, mine, image))
    return found


@torch.no_grad()
def _generate(prior: nn.Module, latents: dict[str, Tensor], weights: dict[str, Tensor]) -> Tensor:
    return generate(prior, latents, weights).clamp(0, 1)


def jitter(
    prior: nn.Module, photo: Reconstruction, std: float, count: int, seed: int = 0
) -> Tensor:
    """Random shifts of z around the photograph: z + std·N(0, 1).

    Args:
        prior: The prior that it was reconstructed with.
        photo: The reconstruction.
        std: Standard deviation; 0.3, 0.5 and 0.7 in the official code.
        count: How many.
        seed: Seed; the shifts of one photograph are the same for every ``std``, scaled.

    Returns:
        count×3×H×W, RGB in [0, 1].
    """
    z = photo.latents['z']
    stream = sample_generator(seed, photo.key, 'jitter')
    images = []
    for _ in range(count):
        shift = torch.randn(z.shape, generator=stream).to(z)
        latents = photo.latents | {'z': z + std * shift}
        images.append(_generate(prior, latents, photo.weights))
    return torch.cat(images)


def interpolate(
    prior: nn.Module, first: Reconstruction, second: Reconstruction, share: float
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Latents, class embedding included, and weights between two photographs.

    Args:
        prior: The prior that both were reconstructed with.
        first: A, at ``share=1``.
        second: B, at ``share=0``.
        share: λ of λ z_A + (1 − λ) z_B and λ θ_A + (1 − λ) θ_B.

    Returns:
        Latents and weights, name → 1×....
    """

    def between(a: Tensor, b: Tensor) -> Tensor:
        return share * a + (1 - share) * b

    # `get_parameter` does not know those of a scripted module.
    table = dict(prior.named_parameters())

    def own(photo: Reconstruction, name: str) -> Tensor:
        value = photo.weights.get(name)
        return table[name].detach()[None] if value is None else value

    latents = {k: between(v, second.latents[k]) for k, v in first.latents.items()}
    names = dict.fromkeys([*first.weights, *second.weights])
    return latents, {k: between(own(first, k), own(second, k)) for k in names}


def morph(
    prior: nn.Module, first: Reconstruction, second: Reconstruction, frames: int = 11
) -> Tensor:
    """A film from one photograph to another.

    Args:
        prior: The prior that both were reconstructed with.
        first: The first frame.
        second: The last frame.
        frames: Their number, at least 2.

    Returns:
        frames×3×H×W, RGB in [0, 1].

    Raises:
        UserError: If there are fewer than 2.
    """
    if frames < 2:
        raise UserError(f'morph: frames={frames} must be at least 2')
    shares = [1 - i / (frames - 1) for i in range(frames)]
    return torch.cat([_generate(prior, *interpolate(prior, first, second, s)) for s in shares])


def check_classes(prior: nn.Module, classes: Sequence[int]) -> None:
    """Whether a prior can give its images these classes.

    Raises:
        UserError: If it has no class embedding, or no such class.
    """
    if 'class_embedding' not in prior.latent_shapes:
        raise UserError(f'{type(prior).__name__} has no class embedding to change')
    for index in classes:
        prior.class_embedding(index)


def transfer(prior: nn.Module, photo: Reconstruction, classes: Sequence[int]) -> Tensor:
    """The photograph with another class: same z, same weights, another class embedding.

    Args:
        prior: The prior that it was reconstructed with.
        photo: The reconstruction.
        classes: Indices of classes.

    Returns:
        classes×3×H×W, RGB in [0, 1].

    Raises:
        UserError: If the prior has no class embedding, or no such class.
    """
    check_classes(prior, classes)
    images = []
    for index in classes:
        embedding = prior.class_embedding(index)[None].to(photo.latents['class_embedding'])
        images.append(
            _generate(prior, photo.latents | {'class_embedding': embedding}, photo.weights)
        )
    return torch.cat(images)
