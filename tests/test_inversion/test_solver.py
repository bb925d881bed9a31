"""The one loop: what it keeps, when it stops, and that samples never meet."""

import pytest
import torch

from mmgenprior.inversion import Inversion, Objective, Problem, Stage, generate, run_stage
from mmgenprior.inversion.lanes import restarts_together
from mmgenprior.inversion.results import best_restart
from mmgenprior.structures import MeasurementBatch

KEYS = ['a', 'b', 'c', 'd', 'e']
LATENT = dict(name='latent', iterations=12, latent_lr=0.1)
ADAPT = dict(name='adapt', iterations=6, latent_lr=1e-2, weight_lr=1e-3)


def run(prior, degradation, y, stages, keys=KEYS, **kwargs):
    batch = MeasurementBatch(y, degradation, prior.image_shape, keys)
    return Inversion(prior, stages, **kwargs)(batch)


def problem(prior, degradation, y):
    bound = degradation.bind({}, prior.image_shape)
    return Problem(prior, bound, y, Objective([dict(type='DataFidelityTerm')]))


def test_objective_falls_and_weights_stay_frozen(prior, degradation, y):
    before = {k: v.clone() for k, v in prior.state_dict().items()}
    result = run(prior, degradation, y, [LATENT, ADAPT])
    trace = result.stages['latent'].trace
    assert (result.stages['latent'].objective < trace[0]).all()
    assert (result.stages['adapt'].objective < result.stages['latent'].objective).all()
    assert all(torch.equal(before[k], v) for k, v in prior.state_dict().items())
    assert not any(p.requires_grad or p.grad is not None for p in prior.parameters())


@pytest.mark.parametrize('stages', [[LATENT], [LATENT, ADAPT]], ids=['latent', 'weights'])
def test_batch_and_order_do_not_change_a_bit(prior, degradation, y, stages):
    together = run(prior, degradation, y, stages).final
    for i, key in enumerate(KEYS):
        alone = run(prior, degradation, y[i : i + 1], stages, keys=[key]).final
        assert torch.equal(alone.image[0], together.image[i])
        assert torch.equal(alone.trace[:, 0], together.trace[:, i])
    order = [3, 0, 4]
    mixed = run(prior, degradation, y[order], stages, keys=[KEYS[i] for i in order]).final
    assert torch.equal(mixed.image, together.image[order])


@pytest.mark.parametrize('restarts', [2, 3])
def test_restarts_of_an_image_share_lanes_and_still_no_image_matters(
    prior, degradation, y, restarts
):
    start = dict(type='RandomStart', restarts=restarts)
    stages = [LATENT, ADAPT]
    sizes = []
    forward = prior.forward
    prior.forward = lambda latents: (sizes.append(len(latents['z'])), forward(latents))[1]
    together = run(prior, degradation, y, stages, start=start)
    assert set(sizes) == {restarts, 1}
    alone = run(prior, degradation, y[2:3], stages, keys=['c'], start=start)
    assert torch.equal(alone.final.image[0], together.final.image[2])
    assert torch.equal(alone.restart_objectives[0], together.restart_objectives[2])


@pytest.mark.parametrize(
    ('restarts', 'pixels', 'expected'),
    [(3, 64**2, 3), (8, 64**2, 8), (10, 64**2, 5), (11, 64**2, 1), (4, 128**2, 2), (4, 1024**2, 1)],
)
def test_restarts_together_are_a_divisor_and_few_pixels(restarts, pixels, expected):
    assert restarts_together(restarts, pixels) == expected


@pytest.mark.parametrize('lanes', [2, 3, 64])
def test_lanes_change_rounding_only(prior, degradation, y, lanes):
    init = dict(type='RandomStart', restarts=3)
    prior, y = prior.double(), y.double()
    one = run(prior, degradation, y, [LATENT, ADAPT], start=init)
    other = run(prior, degradation, y, [LATENT, ADAPT], start=init, lanes=lanes)
    torch.testing.assert_close(one.final.image, other.final.image, rtol=0, atol=1e-10)
    torch.testing.assert_close(one.restart_objectives, other.restart_objectives, rtol=1e-9, atol=0)


@pytest.mark.parametrize('option', [dict(lanes=0), dict(weight_lanes=-1)])
def test_lanes_must_be_positive(prior, option):
    with pytest.raises(ValueError, match='at least 1'):
        Inversion(prior, [LATENT], **option)


def test_more_restarts_never_hurt_and_keep_the_first(prior, degradation, y):
    one = run(prior, degradation, y, [LATENT])
    start = dict(type='RandomStart', restarts=4)
    four = run(prior, degradation, y, [LATENT], start=start, lanes=1)
    assert torch.equal(four.restart_objectives[:, :1], one.restart_objectives)
    assert torch.equal(four.final.objective, four.restart_objectives.min(1).values)


def test_best_restart_ignores_divergence():
    objective = torch.tensor([float('nan'), 2.0, 1.0, 3.0, float('nan'), 0.5])
    assert best_restart(objective, 3).tolist() == [2, 5]


def test_keep_best_returns_the_iterate_of_lowest_objective(prior, degradation, y):
    stage = Stage(**LATENT | dict(latent_lr=3.0, iterations=30))  # far too large: objective rises
    start = {'z': torch.zeros(5, 10)}
    result = run_stage(problem(prior, degradation, y), stage, start)
    assert (result.objective <= result.trace.min(0).values).all()
    bound = degradation.bind({}, prior.image_shape)
    again = prior(result.latents)
    torch.testing.assert_close(again, result.image, rtol=0, atol=1e-6)
    value = (bound.predict(again) - y).square().flatten(1).mean(1)
    torch.testing.assert_close(value, result.objective)


def test_keep_last_and_last_forward_differ_by_one_update(prior, degradation, y):
    start = {'z': torch.zeros(5, 10)}
    parts = problem(prior, degradation, y)
    last = run_stage(parts, Stage(**LATENT, keep='last'), start)
    last_forward = run_stage(parts, Stage(**LATENT, keep='last_forward'), start)
    one_less = run_stage(parts, Stage(**LATENT | dict(iterations=11), keep='last'), start)
    assert torch.equal(last.latents['z'], last_forward.latents['z'])
    assert torch.equal(last_forward.image, one_less.image)
    assert not torch.equal(last.image, last_forward.image)


@pytest.mark.parametrize('keep', ['best', 'last', 'last_forward'])
@pytest.mark.parametrize('stage', [LATENT, ADAPT], ids=['latent', 'weights'])
def test_early_stop_freezes_one_image_and_not_its_neighbours(prior, degradation, y, keep, stage):
    start = {'z': torch.zeros(5, 10)}
    parts = problem(prior, degradation, y)
    stage = stage | dict(iterations=10, keep=keep)
    free = run_stage(parts, Stage(**stage), start, keep_weights=True)
    threshold = free.trace[4].min().item()  # one image gets here at the fifth iteration
    first = free.trace[4].argmin().item()
    rule = dict(early_stop=dict(threshold=threshold))
    stopped = run_stage(parts, Stage(**stage, **rule), start, keep_weights=True)
    assert stopped.trace[5:, first].isnan().all()
    shorter = run_stage(parts, Stage(**stage | dict(iterations=5)), start, keep_weights=True)
    if keep == 'best':
        assert (stopped.objective[first] <= threshold).all()
    else:
        assert torch.equal(stopped.image[first], shorter.image[first])
        assert torch.equal(stopped.latents['z'][first], shorter.latents['z'][first])
        for name, value in stopped.weights.items():
            assert torch.equal(value[first], shorter.weights[name][first])
    going_on = [i for i in range(5) if (free.trace[:, i] > threshold).all()]
    assert going_on
    assert torch.equal(stopped.image[going_on], free.image[going_on])


def test_patience_stops_a_search_that_stands_still(prior, degradation, y):
    start = {'z': torch.zeros(5, 10)}
    stage = Stage(name='still', iterations=120, latent_lr=0.0, early_stop=dict(patience=3))
    with pytest.raises(ValueError, match='nothing to optimise'):
        run_stage(problem(prior, degradation, y), stage, start)
    stage = Stage(name='still', iterations=120, latent_lr=1e-12, early_stop=dict(patience=3))
    result = run_stage(problem(prior, degradation, y), stage, start)
    assert result.trace[6:].isnan().all()


def test_own_weights_reach_the_generator(prior):
    latents = {'z': torch.randn(3, 10)}
    weights = {
        k: torch.stack([v.detach() * s for s in (1.0, 0.9, 1.1)])
        for k, v in prior.named_parameters()
    }
    batch = generate(prior, latents, weights)
    assert torch.allclose(batch[:1], prior({'z': latents['z'][:1]}), atol=1e-5)
    for i in range(3):
        one = generate(
            prior, {'z': latents['z'][i : i + 1]}, {k: v[i : i + 1] for k, v in weights.items()}
        )
        assert torch.allclose(batch[i : i + 1], one, atol=1e-5)


def test_blocks_and_step_sizes_select_what_is_adapted(prior, degradation, y):
    start = {'z': torch.zeros(2, 10)}
    stage = Stage(name='s', iterations=2, latent_lr=0.0, weight_lr=[1e-2, 0.0], blocks=2)
    result = run_stage(problem(prior, degradation, y[:2]), stage, start, keep_weights=True)
    names = dict(prior.block_names)
    own = dict(prior.named_parameters())
    assert set(result.weights) == set(names['embed1'] + names['deconv1'])
    assert all(torch.equal(result.weights[n][0], own[n]) for n in names['deconv1'])
    assert any(not torch.equal(result.weights[n][0], own[n]) for n in names['embed1'])
    assert torch.equal(result.latents['z'], start['z'])


@pytest.mark.parametrize(
    ('stage', 'message'),
    [
        (dict(iterations=0), 'iterations'),
        (dict(optimizer=dict(type='LBGFS')), 'LBGFS'),
        (dict(keep='first'), 'keep'),
        (dict(early_stop=dict(min_delta=0.1)), 'threshold or a patience'),
        (dict(early_stop=dict(patience=0)), 'patience'),
    ],
)
def test_stage_names_what_is_wrong(stage, message):
    with pytest.raises(ValueError, match=message):
        Stage(**LATENT | stage)


def test_too_many_blocks_are_refused(prior, degradation, y):
    stage = Stage(name='s', iterations=1, weight_lr=0.1, blocks=9)
    with pytest.raises(ValueError, match='blocks=9'):
        run_stage(problem(prior, degradation, y), stage, {'z': torch.zeros(5, 10)})


def test_sgd_takes_the_gradient_step(prior, degradation, y):
    start = {'z': torch.randn(5, 10, generator=torch.Generator().manual_seed(1))}
    z = start['z'].clone().requires_grad_(True)
    bound = degradation.bind({}, prior.image_shape)
    (bound.predict(prior({'z': z})) - y).square().flatten(1).mean(1).sum().backward()
    stage = Stage(name='s', iterations=1, latent_lr=0.5, optimizer=dict(type='SGD'), keep='last')
    result = run_stage(problem(prior, degradation, y), stage, start)
    torch.testing.assert_close(result.latents['z'], start['z'] - 0.5 * z.grad)


def test_a_latent_stage_goes_on_from_the_adapted_weights(prior, degradation, y):
    after = dict(name='after', iterations=1, latent_lr=1e-12)
    stages = run(prior, degradation, y, [LATENT, ADAPT, after]).stages
    torch.testing.assert_close(stages['after'].trace[0], stages['adapt'].objective)
