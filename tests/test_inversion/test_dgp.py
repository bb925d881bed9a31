"""DGP's parts on small random networks: no coupling of samples, and combinations with the rest."""

import pytest
import torch
from mmagic.registry import MODELS
from mmengine.registry import DefaultScope
from small_biggan import BIGGAN, NETWORKS, batch_of, photos, rows

from mmgenprior.editors.dgp import DGP, dgp_stages
from mmgenprior.inversion import (
    CandidatesStart,
    Estimate,
    Inversion,
    RandomStart,
    generate,
)
from mmgenprior.postprocess import LabMerge, merge_lab
from mmgenprior.priors import BigGANPrior, DCGANPrior
from mmgenprior.priors.discriminators import build_discriminator
from mmgenprior.utils import sample_generator
from mmgenprior.utils.errors import UserError


@pytest.fixture(scope='module')
def prior():
    return BigGANPrior(dict(BIGGAN))


@pytest.fixture(scope='module')
def network():
    return build_discriminator(dict(NETWORKS['biggan'], init_seed=1))


# ---- start


def search(network, **options):
    return CandidatesStart(
        [dict(type='DiscriminatorFeaturesTerm', discriminator=network, features=3)], **options
    )


def test_start_is_the_nearest_and_belongs_to_the_image_alone(prior, network):
    batch = batch_of(dict(type='Luminance'), 3)
    found = search(network, candidates=12, batch_size=5)
    start = found.start(prior, batch, 0)
    for i, key in enumerate(batch.keys):
        alone = found.start(prior, batch.take([i]), 0)
        assert torch.equal(alone['z'][0], start['z'][i]), key
    one = batch.take([0])
    candidates = found.draw(prior, sample_generator(0, one.keys[0], 'candidates'), None)
    distances = found.distances(prior, one.bound(), one.y, candidates)
    assert torch.equal(start['z'][0], candidates['z'][distances.argmin()])
    assert (
        distances.argmin()
        == found.objective(
            Estimate(prior(candidates), one.bound().predict(prior(candidates)), candidates),
            found.objective.prepare(one.y, one.bound()),
        ).argmin()
    )


def test_class_is_searched_where_it_is_unknown(prior, network):
    table = prior.generator.shared_embedding.weight

    def classes(latents):
        return {int((table == e).all(1).nonzero()) for e in latents['class_embedding']}

    rng = torch.Generator().manual_seed(0)
    free = search(network, candidates=30, search_class=True, latent_scale=0.5)
    assert classes(free.draw(prior, rng, None)) == {0, 1, 2}
    assert classes(free.draw(prior, rng, 2)) == {2}
    assert classes(search(network, search_class='always').draw(prior, rng, 2)) == {0, 1, 2}
    z = free.draw(prior, rng, None)['z']
    assert 0.4 < z.std() < 0.6
    plain = DCGANPrior(dict(type='DCGANGenerator', output_scale=32, base_channels=4))
    with pytest.raises(UserError, match='no class to search'):
        free.draw(plain, rng, None)


def test_random_starts_take_the_known_class(prior):
    batch = batch_of(dict(type='Identity'), 2, labels=[2, None])
    start = RandomStart(restarts=2).start(prior, batch, 0)['class_embedding']
    assert torch.equal(start[:2], prior.class_embedding(2).expand(2, -1))
    assert torch.equal(start[2:], prior.class_embedding(None).expand(2, -1))


# ---- stages


def test_instance_norms_of_several_samples_at_once(prior):
    latents = {
        'z': torch.randn(3, 16, generator=torch.Generator().manual_seed(1)),
        'class_embedding': prior.class_embedding(1).expand(3, -1),
    }
    before = set(prior.state_dict())
    with torch.no_grad():
        plain = prior(latents)
        weights = prior.instance_statistics(latents, {})
        together = generate(prior, latents, weights)
        for i in range(3):
            one = {k: v[i : i + 1] for k, v in latents.items()}
            own = prior.instance_statistics(one, {})
            torch.testing.assert_close(generate(prior, one, own)[0], together[i])
        # They begin where the batch norms are, but for the unbiased deviation of few pixels.
        assert 0 < (together - plain).abs().max() < 0.05
        assert torch.equal(prior(latents), plain)
    assert set(prior.state_dict()) == before
    other = DCGANPrior(dict(type='DCGANGenerator', output_scale=32, base_channels=4))
    with pytest.raises(UserError, match='no conditional batch norms'):
        other.instance_statistics(latents, {})


SCHEDULE = dict(
    iterations=[3, 3],
    blocks=[1, 2],
    weight_lr=1e-5,
    latent_lr=[1e-3, 1e-4],
    features=[None, 2],
    d_weight=[1, 0.5],
    mse_weight=[0, 10],
)


@pytest.mark.parametrize('instance_norm', [False, True])
@pytest.mark.parametrize('lanes', [1, 3])
def test_a_batch_is_searched_as_single_images(prior, network, instance_norm, lanes):
    editor = DGP(
        prior,
        rows(dict(SCHEDULE, instance_norm=instance_norm)),
        network,
        candidates=dict(candidates=4),
        tune_class=True,
        lanes=lanes,
    )
    batch = batch_of(dict(type='LanczosDownsampling', factor=4), 3, labels=[0, 1, 2])
    result = editor.inversion(batch, keep_weights=True)
    assert (result.final.trace[-1] < result.final.trace[0]).all()
    # Instance norms pass the class by, so that it gets no gradient then (nor in the official code).
    moved = not torch.equal(result.final.latents['class_embedding'][1], prior.class_embedding(1))
    assert moved is not instance_norm
    adapted = {n for n in result.final.weights if 'instance' not in n}
    assert adapted == {n for _, names in prior.block_names[:3] for n in names}
    alone = editor.inversion(batch.take([1]), keep_weights=True)
    same = dict(rtol=0, atol=0) if lanes == 1 else dict(rtol=0, atol=2e-3)
    torch.testing.assert_close(alone.final.image[0], result.final.image[1], **same)
    image = editor.restore(batch).variants
    assert list(image) == ['DGP'] and torch.equal(image['DGP'], result.final.image)


def test_parity_takes_one_image_at_a_time_and_carries_moments(prior, network):
    stages = dgp_stages(3, rows(SCHEDULE), warm_up=4, parity=True)
    assert [s['blocks'] for s in stages] == [4, 4]
    assert stages[0]['weight_lr'] == [1e-5, 1e-5, 0, 0]
    editor = DGP(
        MODELS.build(dict(type='BigGANPrior', generator=dict(BIGGAN))),
        rows(SCHEDULE),
        network,
        candidates=dict(candidates=2),
        parity=True,
        lanes=8,
    )
    kinds = {type(m).__name__ for m in editor.prior.modules()}
    assert 'FrozenSNConv2d' in kinds and 'SNConv2d' not in kinds
    batch = batch_of(dict(type='Identity'), 2)
    final = editor.inversion(batch, keep_weights=True).final
    assert [state['steps'] for state in final.optimizer] == [6, 6]
    deepest = prior.block_names[3][1][0]
    assert float(final.optimizer[0]['moments'][deepest]['step']) == 6
    assert torch.equal(final.weights[deepest][0], editor.prior.get_parameter(deepest))
    alone = editor.inversion(batch.take([1])).final
    assert torch.equal(alone.image[0], final.image[1])


def test_stop_at_the_squared_error_not_at_the_objective(prior, network):
    row = dict(iterations=40, weight_lr=1e-2, latent_lr=1e-2)
    stages = dgp_stages(3, [row], stop_mse=0.02)
    assert stages[0]['early_stop'] == dict(term='MSE', threshold=0.005)
    batch = batch_of(dict(type='Identity'), 2)
    image = prior(RandomStart().start(prior, batch, 0))
    batch.y = image - 0.5 + 0.05 * torch.randn(image.shape)  # the MSE starts at 2.5e-3
    batch.y[1] += 0.3
    editor = DGP(
        prior,
        [dict(row, mse_weight=1)],
        network,
        stop_mse=0.02,
        start=RandomStart(),
    )
    trace = editor.inversion(batch).final.trace
    assert trace[1:, 0].isnan().all() and not trace[0, 0].isnan()
    assert not trace[1, 1].isnan()


@pytest.mark.parametrize(
    ('change', 'limits', 'message'),
    [
        (dict(blocks=[1, 9]), {}, 'stage 2 adapts 9 blocks of 3'),
        ({}, dict(stop_mse=1, stop_features=1), 'not both'),
        (dict(d_wieght=1), {}, "no column 'd_wieght' .did you mean d_weight"),
    ],
)
def test_stages_name_what_is_wrong(prior, network, change, limits, message):
    with pytest.raises(UserError, match=message):
        DGP(prior, rows(SCHEDULE | change), network, **limits)


@pytest.mark.parametrize(
    ('stages', 'message'),
    [([dict(iterations=1)], "stage 1 needs 'latent_lr'"), ([3], 'is no dict'), ([], 'one row')],
)
def test_rows_are_complete(prior, network, stages, message):
    with pytest.raises(UserError, match=message):
        DGP(prior, stages, network)


def test_discriminator_must_be_named(prior):
    with pytest.raises(UserError, match='name the discriminator'):
        DGP(prior, rows(SCHEDULE))


def test_terms_are_named_and_weighted_per_stage(prior):
    batch = batch_of(dict(type='Identity'), 1)
    stage = dict(name='s', iterations=1, latent_lr=1e-3)

    def run(weights, terms):
        return Inversion(prior, [dict(stage, term_weights=weights)], objective=terms)(batch)

    two = [dict(type='DataFidelityTerm'), dict(type='DataFidelityTerm', norm='l1', name='l1')]
    both, first = run(None, two), run({'l1': 0}, two)
    only = Inversion(prior, [stage])(batch)
    assert torch.equal(first.final.trace, only.final.trace)
    assert (both.final.trace > first.final.trace).all()
    for weights, terms, message in (
        ({'l2': 1}, two, "no term 'l2'"),
        ({'DataFidelityTerm': 1}, [two[0]] * 2, 'more than one'),
        ({'l1': 0, 'DataFidelityTerm': 0}, two, 'weight 0'),
    ):
        with pytest.raises(ValueError, match=message):
            run(weights, terms)


# ---- combinations and finish


def test_features_of_another_family_and_back_projection_combine(prior):
    with DefaultScope.overwrite_default_scope('mmagic'):
        editor = MODELS.build(
            dict(
                type='DGP',
                prior=prior,
                stages=[dict(iterations=2, weight_lr=1e-3, latent_lr=1e-2)],
                discriminator=NETWORKS['pggan'],
                candidates=dict(candidates=2),
                postprocess=[dict(type='BackProjection')],
            )
        )
    assert editor.inversion.start.search_class is True  # nobody gives a class
    batch = batch_of(dict(type='LanczosDownsampling', factor=4))
    variants = editor.restore(batch).variants
    assert list(variants) == ['DGP', 'DGP-BP']
    residual = batch.bound().forward_operator(variants['DGP-BP']) - batch.y
    assert residual.abs().max() < 1e-4


def test_perceptual_distance_takes_the_place_of_features(prior):
    editor = DGP(
        prior,
        [dict(iterations=1, weight_lr=1e-3, latent_lr=1e-2)],
        distance=dict(
            type='PerceptualFeaturesTerm', weights=None, layers='relu1_1', norm='l2', size=None
        ),
        candidates=dict(candidates=2),
    )
    assert editor.restore(batch_of(dict(type='Identity'), 1)).variants['DGP'].isfinite().all()


def test_lab_merge_takes_lightness_from_one_and_colours_from_the_other():
    from skimage.color import rgb2lab

    image, other = photos(1), photos(1, seed=5) * 0.2 + 0.4
    merged = merge_lab(image * 0.2 + 0.4, other)

    def lab(x):
        return rgb2lab(x[0].permute(1, 2, 0).double().numpy())

    assert abs(lab(merged)[..., 0] - lab(other)[..., 0]).max() < 0.05
    assert abs(lab(merged)[..., 1:] - lab(image * 0.2 + 0.4)[..., 1:]).max() < 0.2
    batch = batch_of(dict(type='Luminance'), 1)
    finished = LabMerge()(image, batch.y, batch.bound())
    assert finished.shape == image.shape and 0 <= finished.min() <= finished.max() <= 1
    batch = batch_of(dict(type='GaussianCompressedSensing', m=60), 1)
    with pytest.raises(UserError, match='LabMerge needs'):
        LabMerge()(image, batch.y, batch.bound())
