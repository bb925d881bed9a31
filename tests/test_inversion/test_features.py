"""Free features: they begin where the latents lead, stay near, and cost no head."""

import pytest
import torch

from mmgenprior.inversion import Inversion, Objective, Problem, Stage, generate_iterate, run_stage
from mmgenprior.inversion.features import onto_l1, onto_l2
from mmgenprior.registry import SEARCH_OPTIMIZERS
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import UserError

KEYS = list('abcde')
LATENT = dict(name='latent', iterations=3, latent_lr=0.1)
FEATURES = dict(cut=2, lr=0.05, radius=0.3)
FREE = dict(name='features', iterations=6, features=FEATURES)


def problem(prior, degradation, y):
    bound = degradation.bind({}, prior.image_shape)
    return Problem(prior, bound, y, Objective([dict(type='DataFidelityTerm')]))


def latents(count=5):
    return {'z': torch.rand(count, 10, generator=torch.Generator().manual_seed(1)) * 2 - 1}


def run(prior, degradation, y, stages, keys=KEYS, keep_weights=False, **kwargs):
    batch = MeasurementBatch(y, degradation, prior.image_shape, keys)
    return Inversion(prior, stages, **kwargs)(batch, keep_weights=keep_weights)


def test_the_start_is_the_image_of_the_latents(prior, degradation, y):
    stage = Stage(**FREE | dict(iterations=1, keep='last_forward'))
    result = run_stage(problem(prior, degradation, y), stage, latents(), keep_weights=True)
    torch.testing.assert_close(result.image, prior(latents()))
    assert torch.equal(result.latents['z'], latents()['z'])
    assert result.iterate.cut == 2
    assert set(result.iterate.features) == {'features'}


@pytest.mark.parametrize('optimizer', sorted(SEARCH_OPTIMIZERS.module_dict))
def test_every_optimizer_moves_them_or_says_that_it_does_not(prior, degradation, y, optimizer):
    stage = FREE | dict(optimizer=dict(type=optimizer))
    try:
        result = run(prior, degradation, y[:2], [stage], keys=KEYS[:2]).final
    except UserError as error:
        assert optimizer in str(error)
        return
    # A sampler moves up and down, every other one down.
    assert (result.trace[-1] != result.trace[0]).all()
    assert (result.objective < result.trace[0]).all() or optimizer == 'Langevin'


@pytest.mark.parametrize('keep', ['best', 'last'])
@pytest.mark.parametrize(('ball', 'order'), [('l2', 2), ('l1', 1)])
def test_they_stay_in_the_ball(prior, degradation, y, ball, order, keep):
    start = prior.forward_until(latents(), 2).features
    options = dict(cut=2, lr=1.0, ball=ball, radius=0.1)
    stage = Stage(**FREE | dict(features=options, keep=keep))
    result = run_stage(problem(prior, degradation, y), stage, latents(), keep_weights=True)
    moved = (result.iterate.features['features'] - start).flatten(1).norm(order, dim=1)
    limit = 0.1 * start.flatten(1).norm(order, dim=1)
    assert (moved <= limit * (1 + 1e-4)).all()
    if keep == 'last':
        torch.testing.assert_close(moved, limit, rtol=1e-3, atol=0)  # the step leads far outside
    free = Stage(**FREE | dict(features=dict(options, ball=None), keep='last'))
    result = run_stage(problem(prior, degradation, y), free, latents(), keep_weights=True)
    moved = (result.iterate.features['features'] - start).flatten(1).norm(order, dim=1)
    assert (moved > limit).all()


@pytest.mark.parametrize(('project', 'order'), [(onto_l2, 2), (onto_l1, 1)])
def test_projections_find_the_nearest_point(project, order):
    """x − p is normal to the ball at p: ⟨x − p, q − p⟩ ≤ 0 for every q of the ball."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(4, 30, generator=generator, dtype=torch.float64)
    radius = rows.norm(order, dim=1) * torch.tensor([0.1, 0.5, 1.0, 2.0], dtype=torch.float64)
    found = project(rows, radius)
    assert (found.norm(order, dim=1) <= radius * (1 + 1e-12)).all()
    torch.testing.assert_close(found[2:], rows[2:])
    corners = torch.cat([torch.eye(30), -torch.eye(30)]).double()
    inside = torch.randn(200, 30, generator=generator, dtype=torch.float64)
    others = torch.cat([corners, inside / inside.norm(order, dim=1, keepdim=True)])
    for row, point, size in zip(rows[:2], found[:2], radius[:2]):
        assert ((others * size - point) @ (row - point) <= 1e-9).all()


def test_what_lies_before_the_cut_runs_once(prior, degradation, y):
    calls = dict.fromkeys(['embed1', 'deconv1', 'deconv2'], 0)

    def count(name):
        def hook(*_):
            calls[name] += 1

        return hook

    parts = problem(prior, degradation, y)
    for name in calls:
        getattr(prior.generator, name).register_forward_hook(count(name))
    run_stage(parts, Stage(**FREE), latents())
    assert calls == dict(embed1=1, deconv1=1, deconv2=7)  # with the image after the last update


def test_batch_is_single(prior, degradation, y):
    prior, y = prior.double(), y.double()
    stages = [LATENT, FREE | dict(weight_lr=1e-3)]
    together = run(prior, degradation, y, stages, lanes=5).final.image
    for i, key in enumerate(KEYS):
        alone = run(prior, degradation, y[i : i + 1], stages, keys=[key]).final.image
        torch.testing.assert_close(alone[0], together[i], rtol=0, atol=1e-10)


def test_only_what_lies_behind_the_cut_is_adapted(prior, degradation, y):
    stage = Stage(**FREE | dict(weight_lr=1e-3, iterations=2, keep='last'))
    result = run_stage(problem(prior, degradation, y), stage, latents(), keep_weights=True)
    names = dict(prior.block_names)
    assert set(result.weights) == set(names['deconv2'])
    own = dict(prior.named_parameters())
    assert all((v != own[k].detach()).any() for k, v in result.weights.items())
    assert torch.equal(result.latents['z'], latents()['z'])
    assert not any(p.requires_grad or p.grad is not None for p in prior.parameters())
    with pytest.raises(ValueError, match='behind the cut at 2'):
        run_stage(problem(prior, degradation, y), Stage(**FREE, weight_lr=0.1, blocks=2), latents())


@pytest.mark.parametrize(
    'then',
    [
        dict(weight_lr=1e-9, latent_lr=0.1),
        dict(low_rank=dict(rank=1, lr=1e-9)),
        dict(features=dict(FEATURES, lr=1e-9)),
    ],
    ids=['weights', 'low rank', 'features'],
)
def test_a_later_stage_goes_on_from_them(prior, degradation, y, then):
    start = FREE | dict(features=dict(FEATURES, cut=1))
    then = dict(name='then', iterations=1, **then)
    if 'features' in then:
        then['features'] = dict(then['features'], cut=2)  # a deeper cut than before
    stages = run(prior, degradation, y, [LATENT, start, then]).stages
    torch.testing.assert_close(stages['then'].trace[0], stages['features'].objective)
    assert torch.equal(stages['then'].latents['z'], stages['latent'].latents['z'])


def test_nobody_goes_back_behind_them(prior, degradation, y):
    back = FREE | dict(name='back', features=dict(FEATURES, cut=1))
    with pytest.raises(UserError, match='cut=1 lies before the features at 2'):
        run(prior, degradation, y, [FREE, back])
    with pytest.raises(ValueError, match='nothing to optimise'):
        run(prior, degradation, y, [FREE, LATENT])


def test_the_kept_iterate_makes_the_kept_image(prior, degradation, y):
    init = dict(type='RandomStart', restarts=3)
    stages = [FREE, FREE | dict(name='more', weight_lr=1e-3, keep='last')]
    result = run(prior, degradation, y, stages, start=init, lanes=4, keep_weights=True)
    for stage in result.stages.values():
        torch.testing.assert_close(generate_iterate(prior, stage.iterate), stage.image)
    assert (result.restart_objectives.min(1).values == result.stages['features'].objective).all()


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(cut=0), 'cut=0'),
        (dict(cut=1, ball='l3'), 'l3'),
        (dict(cut=1, radius=0.0), 'radius'),
        (dict(cut=1, lr=-1.0), 'lr=-1.0'),
        (dict(cut=1, steps=3), 'steps'),
    ],
)
def test_options_say_what_is_wrong(options, message):
    with pytest.raises(ValueError, match=message):
        Stage(**FREE | dict(features=options))
