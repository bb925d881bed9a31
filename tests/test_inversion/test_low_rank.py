"""Deltas of low rank: they begin at nothing, keep their rank, and go on through stages."""

import pytest
import torch

from mmgenprior.inversion import Inversion, Objective, Problem, Stage, generate_iterate, run_stage
from mmgenprior.inversion.low_rank import dense_weights, start_factors
from mmgenprior.registry import SEARCH_OPTIMIZERS
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError

KEYS = list('abcde')
LATENT = dict(name='latent', iterations=3, latent_lr=0.1)
LOW = dict(name='low', iterations=5, latent_lr=1e-3, low_rank=dict(rank=2, lr=1e-2))


def problem(prior, degradation, y):
    bound = degradation.bind({}, prior.image_shape)
    return Problem(prior, bound, y, Objective([dict(type='DataFidelityTerm')]))


def latents(count=5):
    return {'z': torch.rand(count, 10, generator=torch.Generator().manual_seed(1)) * 2 - 1}


def run(prior, degradation, y, stages, keys=KEYS, keep_weights=False, **kwargs):
    batch = MeasurementBatch(y, degradation, prior.image_shape, keys)
    return Inversion(prior, stages, **kwargs)(batch, keep_weights=keep_weights)


def test_the_start_changes_nothing(prior, degradation, y):
    stage = Stage(**LOW | dict(iterations=1, keep='last_forward'))
    result = run_stage(problem(prior, degradation, y), stage, latents(), keep_weights=True)
    torch.testing.assert_close(result.image, prior(latents()))


@pytest.mark.parametrize('optimizer', sorted(SEARCH_OPTIMIZERS.module_dict))
def test_every_optimizer_moves_them_or_says_that_it_does_not(prior, degradation, y, optimizer):
    stage = LOW | dict(latent_lr=0.0, optimizer=dict(type=optimizer))
    try:
        result = run(prior, degradation, y[:2], [stage], keys=KEYS[:2]).final
    except UserError as error:
        assert optimizer in str(error)
        return
    # A sampler moves up and down, every other one down.
    assert (result.trace[-1] != result.trace[0]).all()
    assert (result.objective < result.trace[0]).all() or optimizer == 'Langevin'


def test_the_deltas_have_the_rank(prior, degradation, y):
    stage = Stage(**LOW | dict(keep='last', blocks=2))
    result = run_stage(problem(prior, degradation, y), stage, latents(), keep_weights=True)
    own = dict(prior.named_parameters())
    dense = dense_weights(prior, result.weights, result.iterate.low_rank)
    names = dict(prior.block_names)
    assert result.weights == {}
    assert set(dense) == {n for n in names['embed1'] + names['deconv1'] if own[n].dim() > 1}
    for name, value in dense.items():
        delta = (value - own[name].detach()).flatten(2)
        assert (torch.linalg.matrix_rank(delta, rtol=1e-3) == 2).all(), name
    assert not any(p.requires_grad or p.grad is not None for p in prior.parameters())


def test_the_first_step_moves_u_alone_and_weights_by_about_its_size(prior, degradation, y):
    stage = Stage(**LOW | dict(iterations=1, latent_lr=0.0, keep='last'))
    result = run_stage(problem(prior, degradation, y), stage, latents(), keep_weights=True)
    names = [n for _, group in prior.block_names for n in group]
    begun, _ = start_factors(prior, names, 2, 5, {})
    found = result.iterate.low_rank
    own = dict(prior.named_parameters())
    for name, value in found.items():
        assert torch.equal(value, begun[name]) == name.endswith(' v'), name
    dense = dense_weights(prior, {}, found)
    for name, value in dense.items():
        size = (value - own[name].detach()).square().mean().sqrt()
        assert 0.4e-2 < size < 2.5e-2, name


def test_batch_is_single(prior, degradation, y):
    prior, y = prior.double(), y.double()
    stages = [LATENT, LOW | dict(weight_lr=1e-3)]
    together = run(prior, degradation, y, stages, lanes=5).final.image
    for i, key in enumerate(KEYS):
        alone = run(prior, degradation, y[i : i + 1], stages, keys=[key]).final.image
        torch.testing.assert_close(alone[0], together[i], rtol=0, atol=1e-10)


def test_later_stages_keep_them_and_may_go_on(prior, degradation, y):
    after = dict(name='after', iterations=1, latent_lr=1e-9)
    more = dict(name='more', iterations=4, latent_lr=0.0, low_rank=dict(rank=2, lr=1e-2))
    result = run(prior, degradation, y, [LOW, after, more], keep_weights=True)
    stages = result.stages
    torch.testing.assert_close(stages['after'].trace[0], stages['low'].objective)
    assert (stages['more'].objective < stages['after'].objective).all()
    for stage in stages.values():
        torch.testing.assert_close(generate_iterate(prior, stage.iterate), stage.image)
    other = dict(more, low_rank=dict(rank=3))
    with pytest.raises(ValueError, match='rank=3'):
        run(prior, degradation, y, [LOW, other])


@pytest.mark.parametrize(
    ('options', 'message'),
    [(dict(rank=0), 'rank=0'), (dict(rank=1, lr=0.0), 'lr=0.0'), (dict(), 'rank')],
)
def test_options_say_what_is_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        Stage(**LOW | dict(low_rank=options))
