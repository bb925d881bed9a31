"""What a search moves beside latents, in every family: features at a cut, deltas of low rank."""

import pytest
import torch

from mmgenprior.inversion import Iterate, generate, generate_iterate
from mmgenprior.inversion.generation import features_at
from mmgenprior.inversion.low_rank import dense_weights, start_factors

from .conftest import latents_of


def own_weights(prior, count=2):
    """Weights of each sample's own, a little apart from the prior's."""
    names = [n for _, group in prior.block_names for n in group]
    table = dict(prior.named_parameters())
    scales = torch.linspace(0.9, 1.1, count)
    return {n: torch.stack([table[n].detach() * s for s in scales]) for n in names}


@pytest.mark.parametrize('own', [False, True], ids=['shared', 'own'])
def test_features_take_the_place_of_the_latents(cut_prior, own):
    latents = latents_of(cut_prior, 2)
    weights = own_weights(cut_prior) if own else {}
    layer = max(1, len(cut_prior.blocks) // 2)
    iterate = Iterate(latents, weights=weights)
    whole = generate(cut_prior, latents, weights)
    for cut in {1, layer}:
        features = features_at(cut_prior, iterate, cut)
        found = Iterate(latents, features, weights, cut=cut)
        torch.testing.assert_close(generate_iterate(cut_prior, found), whole, rtol=1e-4, atol=1e-4)
        deeper = features_at(cut_prior, found, layer)
        found = Iterate(latents, deeper, weights, cut=layer)
        torch.testing.assert_close(generate_iterate(cut_prior, found), whole, rtol=1e-4, atol=1e-4)


def test_low_rank_deltas_begin_at_nothing_and_add_to_weights(prior):
    latents = latents_of(prior, 2)
    names = [n for _, group in prior.block_names for n in group]
    factors, moved = start_factors(prior, names, 2, 2, {})
    assert moved == list(factors)
    begun = Iterate(latents, low_rank=factors)
    torch.testing.assert_close(generate_iterate(prior, begun), prior(latents), rtol=1e-4, atol=1e-4)
    generator = torch.Generator().manual_seed(0)
    pushed = {
        k: v + 0.05 * torch.randn(v.shape, generator=generator) if k.endswith(' u') else v
        for k, v in factors.items()
    }
    dense = dense_weights(prior, {}, pushed)
    table = dict(prior.named_parameters())
    assert all(value.shape[1:] == table[name].shape for name, value in dense.items())
    found = generate_iterate(prior, Iterate(latents, low_rank=pushed))
    torch.testing.assert_close(found, generate(prior, latents, dense))
    assert not torch.allclose(found, prior(latents), atol=1e-3)
