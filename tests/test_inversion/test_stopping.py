"""Where the noise begins, an image stops; its neighbours do not notice."""

import pytest
import torch

from mmgenprior.degradations import build_degradation
from mmgenprior.degradations.base import DegradationError
from mmgenprior.inversion import Inversion, Objective, Problem, Stage, run_stage
from mmgenprior.structures import MeasurementBatch

SIGMA = torch.tensor([0.05, 0.1, 0.2, 0.0])
VARIABLES = {
    'latents': dict(latent_lr=0.05),
    'weights': dict(latent_lr=1e-3, weight_lr=1e-2),
    'features': dict(features=dict(cut=1, lr=0.05, ball=None)),
    'low rank': dict(latent_lr=1e-3, low_rank=dict(rank=2, lr=1e-2)),
}


@pytest.fixture
def denoising():
    noise = dict(type='GaussianNoise', sigma=(0.0, 0.5))
    return build_degradation(dict(physics=dict(type='Identity'), noise=noise, centre=0.5))


@pytest.fixture
def noisy(prior, denoising):
    """Images of the generator with noise of SIGMA."""
    generators = [torch.Generator().manual_seed(i) for i in range(len(SIGMA))]
    images = prior(latents(seed=9))
    return denoising.measure(images, {'sigma': SIGMA}, generators)


def latents(seed=1):
    return {'z': torch.rand(4, 10, generator=torch.Generator().manual_seed(seed)) * 2 - 1}


def problem(prior, degradation, y, params):
    bound = degradation.bind(params, prior.image_shape)
    return Problem(prior, bound, y, Objective([dict(type='DataFidelityTerm', weight=4.0)]))


def ratio_to_stop_at(trace, iteration):
    """τ that the second image reaches first at this iteration of its free search."""
    misfit = trace[:, 1] / 4 / SIGMA[1] ** 2
    assert (misfit[:iteration] > misfit[iteration]).all()
    return float((misfit[:iteration].min() + misfit[iteration]) / 2)


@pytest.mark.parametrize('keep', ['best', 'last', 'last_forward'])
@pytest.mark.parametrize('moved', VARIABLES)
def test_the_iterate_freezes_where_the_rule_fires(prior, denoising, noisy, keep, moved):
    parts = problem(prior, denoising, noisy, {'sigma': SIGMA})
    stage = dict(name='s', keep=keep, iterations=8, **VARIABLES[moved])
    free = run_stage(parts, Stage(**stage), latents(), keep_weights=True)
    rule = dict(discrepancy=ratio_to_stop_at(free.trace, 4), check_every=1)
    stopped = run_stage(parts, Stage(**stage, early_stop=rule), latents(), keep_weights=True)
    assert stopped.trace[:5, 1].isfinite().all()
    assert stopped.trace[5:, 1].isnan().all()
    # The iterate of the fifth forward pass is that after four updates; the image of the fifth
    # forward pass goes with the variables after five.
    count = 4 if keep == 'best' else 5
    short = dict(stage, iterations=count, keep='last' if keep == 'best' else keep)
    shorter = run_stage(parts, Stage(**short), latents(), keep_weights=True)
    assert torch.equal(stopped.image[1], shorter.image[1])
    expected = shorter.iterate.named()
    for name, value in stopped.iterate.named().items():
        assert torch.equal(value[1], expected[name][1]), name
    # Without noise there is nothing to over-fit.
    assert torch.equal(stopped.image[3], free.image[3])


def test_each_image_has_a_limit_of_its_own(prior, denoising, noisy):
    parts = problem(prior, denoising, noisy, {'sigma': SIGMA})
    rule = dict(discrepancy=1.0, check_every=1)
    stage = Stage(name='s', iterations=60, early_stop=rule, **VARIABLES['weights'])
    result = run_stage(parts, stage, latents())
    ended = result.trace.isfinite().sum(0)
    assert ended[1] < 60 and ended[2] < 60 and ended[3] == 60
    misfit = (result.image - 0.5 - noisy).square().flatten(1).mean(1)
    fired = ended < 60
    assert (misfit <= SIGMA**2)[fired].all()
    before = result.trace.nan_to_num(torch.inf)
    for i in fired.nonzero().flatten():
        if ended[i] > 1:
            assert before[ended[i] - 2, i] / 4 > SIGMA[i] ** 2


def test_the_iterate_that_fired_is_kept_though_another_had_a_lower_objective(
    prior, denoising, noisy
):
    """A norm term makes the objective lowest at the start; the rule watches the misfit alone."""
    terms = [dict(type='DataFidelityTerm', weight=0.0), dict(type='LatentNormTerm')]
    bound = denoising.bind({'sigma': SIGMA}, prior.image_shape)
    parts = Problem(prior, bound, noisy, Objective(terms))
    stage = dict(name='s', iterations=3, latent_lr=0.1, optimizer=dict(type='SGD'))
    rule = dict(discrepancy=1e6, check_every=1)
    stopped = run_stage(parts, Stage(**stage, early_stop=rule), latents())
    free = run_stage(parts, Stage(**stage), latents())
    torch.testing.assert_close(stopped.image[:3], prior(latents())[:3])
    assert torch.equal(stopped.image[3], free.image[3])


def test_it_goes_with_threshold_and_patience(prior, denoising, noisy):
    parts = problem(prior, denoising, noisy, {'sigma': SIGMA})
    rule = dict(discrepancy=1e-6, patience=2, min_delta=0.999, check_every=1)
    stage = Stage(name='s', iterations=9, early_stop=rule, **VARIABLES['latents'])
    assert run_stage(parts, stage, latents()).trace[3:].isnan().all()


@pytest.mark.parametrize(('every', 'iterations'), [(1, 3), (4, 5), (50, 9)])
def test_all_is_asked_as_often_as_the_rule_says(prior, denoising, noisy, every, iterations):
    parts = problem(prior, denoising, noisy, {'sigma': SIGMA})
    rule = dict(patience=2, min_delta=0.999, check_every=every)  # over at the third iteration
    stage = Stage(name='s', iterations=9, early_stop=rule, **VARIABLES['latents'])
    told = []
    run_stage(parts, stage, latents(), on_step=lambda iteration, *_: told.append(iteration))
    assert len(told) == iterations


def test_restarts_and_lanes_carry_the_noise_level(prior, denoising, noisy):
    prior, noisy = prior.double(), noisy.double()
    batch = MeasurementBatch(
        noisy, denoising, prior.image_shape, list('abcd'), {'sigma': SIGMA.double()}
    )
    stage = dict(name='s', iterations=8, early_stop=dict(discrepancy=1.5), latent_lr=0.05)
    init = dict(type='RandomStart', restarts=2)
    one = Inversion(prior, [stage], start=init)(batch).final
    other = Inversion(prior, [stage], start=init, lanes=3)(batch).final
    torch.testing.assert_close(one.image, other.image, rtol=0, atol=1e-10)
    assert torch.equal(one.trace.isnan(), other.trace.isnan())


def test_holes_do_not_count(prior):
    noise = dict(type='GaussianNoise', sigma=0.1)
    degradation = build_degradation(dict(physics=dict(type='BoxMask', size=8), noise=noise))
    sigma = torch.tensor([0.1, 0.1])
    bound = degradation.bind({'sigma': sigma}, prior.image_shape)
    z = {'z': latents()['z'][:2]}
    with torch.no_grad():
        clean = bound.predict(prior(z))
    seen = bound.observed(clean).expand_as(clean)
    assert not seen.all()
    shift = 0.1 * 1.01  # just above σ where there is a pixel, nothing or much in the hole
    y = torch.where(seen, clean + shift, torch.tensor([0.0, 9.0]).view(2, 1, 1, 1))
    parts = Problem(prior, bound, y, Objective([dict(type='DataFidelityTerm')]))
    for tau, fires in [(1.0, False), (1.05, True)]:
        rule = dict(discrepancy=tau, check_every=1)
        stage = Stage(name='s', iterations=2, latent_lr=1e-12, early_stop=rule)
        trace = run_stage(parts, stage, z).trace
        assert trace[1].isnan().all() == fires


def test_noise_levels_are_known_or_estimated(denoising):
    picture = torch.linspace(0, 1, 64).expand(3, 3, 64, 64)
    sigma = torch.tensor([0.02, 0.1, 0.2])
    generators = [torch.Generator().manual_seed(i) for i in range(3)]
    y = denoising.measure(picture, {'sigma': sigma}, generators)
    known = denoising.bind({'sigma': sigma}, (3, 64, 64))
    assert torch.equal(known.noise_level(y), sigma)
    unknown = denoising.bind({}, (3, 64, 64))
    torch.testing.assert_close(unknown.noise_level(y), sigma, rtol=0.06, atol=0)
    for i in range(3):
        torch.testing.assert_close(unknown.noise_level(y[i : i + 1])[0], unknown.noise_level(y)[i])
    grey = y.mean(1, keepdim=True) * 3**0.5
    torch.testing.assert_close(unknown.noise_level(grey), sigma, rtol=0.1, atol=0)
    exact = build_degradation(dict(physics=dict(type='Identity'))).bind({}, (3, 64, 64))
    assert torch.equal(exact.noise_level(y), torch.zeros(3))


def test_noise_that_nobody_knows_is_refused():
    noise = dict(type='GaussianNoise', sigma=(0.0, 0.5))
    masked = build_degradation(dict(physics=dict(type='BoxMask', size=8), noise=noise))
    with pytest.raises(DegradationError, match='without holes'):
        masked.bind({}, (3, 16, 16)).noise_level(torch.zeros(1, 3, 16, 16))


@pytest.mark.parametrize(
    ('rule', 'message'),
    [(dict(discrepancy=0.0), 'discrepancy'), (dict(discrepancy=1.0, check_every=0), 'check_every')],
)
def test_options_say_what_is_wrong(rule, message):
    with pytest.raises(ValueError, match=message):
        Stage(name='s', iterations=1, early_stop=rule)
