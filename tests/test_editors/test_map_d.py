"""MAP-D is Eq. 3 of its paper: ℓ₁, the discriminator's logit, uniform latents."""

import pytest
import torch
import yaml
from mmagic.registry import MODELS

import mmgenprior.editors  # noqa: F401  (registers)
from mmgenprior.editors.map_d import discriminator_of
from mmgenprior.utils.errors import UserError

GENERATOR = dict(type='DCGANGenerator', output_scale=16, base_channels=8, noise_size=6)
DISCRIMINATOR = dict(
    type='DCGANDiscriminator', input_scale=16, output_scale=4, out_channels=1, base_channels=4
)
MAPD = dict(
    type='MAPD',
    prior=dict(type='DCGANPrior', generator=GENERATOR, latent='uniform'),
    discriminator=DISCRIMINATOR,
    stages=[dict(iterations=6, latent_lr=0.1)],
    realism=0.3,
)
HOLE = dict(physics=dict(type='BoxMask', size=8), centre=0.5)
TASKS = {
    'inpaint': HOLE,
    'color': dict(physics=dict(type='HSVValue'), centre=0.5),
    'sr4': dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5),
    'denoise': dict(
        physics=dict(type='Identity'), noise=dict(type='GaussianNoise', sigma=0.1), centre=0.5
    ),
    'quant': dict(physics=dict(type='Quantization', levels=5), centre=0.5),
}


def search(editor, sample):
    batch = sample.metainfo['measurement'].bind()
    return batch, editor.inversion(batch).final


@pytest.mark.parametrize('task', TASKS)
def test_objective_is_equation_3(make_sample, task):
    editor = MODELS.build(MAPD)
    batch, found = search(editor, make_sample('a', TASKS[task]))
    predicted = batch.bound().predict(found.image)
    discriminator = editor.inversion.objective.terms[1].discriminator.network
    probability = discriminator(found.image.flip(1) * 2 - 1).sigmoid()[:, 0]
    # The norm is taken on [-1, 1].
    expected = (2 * (predicted - batch.y)).abs().mean()
    expected = expected + 0.3 * ((1 - probability).log() - probability.log())
    torch.testing.assert_close(found.objective, expected, rtol=1e-5, atol=1e-6)
    assert found.objective < found.trace[0]
    assert found.latents['z'].abs().max() <= 1
    torch.testing.assert_close(editor.prior(found.latents), found.image)


def test_realism_pulls_towards_the_discriminator(make_sample):
    scores = []
    for realism in (0.0, 10.0):
        longer = dict(realism=realism, stages=[dict(iterations=20, latent_lr=0.1)])
        editor = MODELS.build(MAPD | longer)
        _, found = search(editor, make_sample('a', HOLE))
        discriminator = editor.inversion.objective.terms[1].discriminator.network
        scores.append(discriminator(found.image.flip(1) * 2 - 1).item())
    assert scores[1] > scores[0]


def test_normal_latents_have_their_own_density(make_sample):
    editor = MODELS.build(MAPD | dict(box=None))
    batch, found = search(editor, make_sample('a'))
    discriminator = editor.inversion.objective.terms[1].discriminator.network
    score = discriminator(found.image.flip(1) * 2 - 1)[:, 0]
    distance = 2 * (batch.bound().predict(found.image) - batch.y).abs().mean()
    density = found.latents['z'].square().sum(1) / 2
    torch.testing.assert_close(found.objective, distance + 0.3 * (density - score))


def test_blending_is_a_variant_and_batch_is_single(make_sample):
    config = MAPD | dict(blending=True)

    def predict(keys):
        samples = [make_sample(key, HOLE) for key in keys]
        return MODELS.build(config)([], samples, mode='predict')

    together = predict('ab')
    assert list(together[0].output.variants) == ['MAP-D', 'MAP-D-Poisson']
    (alone,) = predict('b')
    for name, image in alone.output.variants.items():
        assert torch.equal(image, together[1].output.variants[name]), name


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    """A catalogue with one small pair, whose file has other ends than the stock networks."""
    torch.save(
        {
            f'{part}.{k}': v
            for part, config in (('generator', GENERATOR), ('discriminator', DISCRIMINATOR))
            for k, v in MODELS.build(config).state_dict().items()
        },
        tmp_path / 'pair.pth',
    )
    prior = dict(type='DCGANPrior', generator=GENERATOR, output_range=[0.0, 1.0])
    entry = dict(
        about='', file='pair.pth', sha256='0' * 8, prior=prior, discriminator=DISCRIMINATOR
    )
    entry['prior']['channel_order'] = 'rgb'
    path = tmp_path / 'catalogue.yml'
    path.write_text(yaml.safe_dump(dict(base='https://example.invalid', priors=dict(pair=entry))))
    monkeypatch.setenv('MGP_CATALOGUE', str(path))
    return tmp_path


def test_discriminator_comes_with_the_prior(catalogue):
    checkpoint = str(catalogue / 'pair.pth')
    prior = dict(type='zoo', name='pair', latent='uniform', checkpoint=checkpoint)
    config = {k: v for k, v in MAPD.items() if k != 'discriminator'}
    editor = MODELS.build(config | dict(prior=prior))
    judge = editor.inversion.objective.terms[1].discriminator
    assert (judge.input_range, judge.channel_order) == ((0.0, 1.0), 'rgb')
    stored = torch.load(checkpoint, weights_only=True)
    for name, value in judge.network.state_dict().items():
        assert torch.equal(value, stored[f'discriminator.{name}']), name
    assert discriminator_of('pair') == 'pair'
    assert discriminator_of(dict(type='zoo', name='pair')) == 'pair'


def test_unknown_discriminator_is_asked_for():
    config = {k: v for k, v in MAPD.items() if k != 'discriminator'}
    with pytest.raises(UserError, match='which discriminator'):
        MODELS.build(config)
