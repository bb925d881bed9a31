"""The learned start: what it sees, that samples never meet, and how it is trained and found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from mmagic.registry import MODELS

from mmgenprior.degradations import build_degradation
from mmgenprior.inversion import EncoderStart, EncoderTraining, Inversion, LatentEncoder
from mmgenprior.inversion.starts.encoder_input import encoder_input, filtered_inverse, left_open
from mmgenprior.priors import BEGANPrior, build_prior
from mmgenprior.structures import MeasurementBatch
from mmgenprior.utils.errors import CheckpointError, UserError
from mmgenprior.weights.catalogue import catalogue
from mmgenprior.weights.hashes import file_sha256
from mmgenprior.weights.resolve import fetch_encoder
from mmgenprior.weights.writing import write_state

ROOT = Path(__file__).resolve().parents[2]
KEYS = ['a', 'b', 'c', 'd', 'e']


def write_encoder(prior, path):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        encoder = LatentEncoder(prior.latent_shapes, prior.image_size, prior.latent)
    write_state({f'encoder.{k}': v for k, v in encoder.state_dict().items()}, path)
    return str(path)


GENERATOR = dict(type='BEGANGenerator', out_size=16, noise_size=10, channels=8)


@pytest.fixture
def prior():
    """That of the other tests with normal latents, which no box cuts off."""
    return BEGANPrior(GENERATOR, latent='normal')


@pytest.fixture
def encoder(prior, tmp_path):
    """Weight file of an encoder with random weights."""
    return write_encoder(prior, tmp_path / 'encoder.safetensors')


def guess(prior, degradation, y, keys=KEYS, seed=0, params=None, **options):
    batch = MeasurementBatch(y, degradation, prior.image_shape, list(keys), params or {})
    return EncoderStart(**options).start(prior, batch, seed)


def random_boxes(prior):
    degradation = build_degradation(
        dict(
            physics=dict(type='RandomBoxesMask'),
            noise=dict(type='GaussianNoise', sigma=(0.01, 0.2)),
            centre=0.5,
        )
    )
    generator = torch.Generator().manual_seed(0)
    drawn = [degradation.draw_parameters(prior.image_shape, generator) for _ in KEYS]
    params = {k: torch.stack([d[k] for d in drawn]) for k in drawn[0]}
    return degradation, params


def test_batch_and_order_do_not_change_a_bit(prior, degradation, y, encoder):
    options = dict(checkpoint=encoder, restarts=3)
    together = guess(prior, degradation, y, **options)['z']
    assert together.shape == (15, 10)
    for i, key in enumerate(KEYS):
        alone = guess(prior, degradation, y[i : i + 1], [key], **options)['z']
        assert torch.equal(alone, together[3 * i : 3 * i + 3])
    mixed = guess(prior, degradation, y[[3, 0]], ['d', 'a'], **options)['z']
    assert torch.equal(mixed[:3], together[9:12])


def test_masks_and_noise_of_a_sample_stay_its_own(prior, encoder):
    degradation, params = random_boxes(prior)
    image = torch.rand(5, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    y = degradation.bind(params, prior.image_shape).predict(image)
    together = guess(prior, degradation, y, params=params, checkpoint=encoder)['z']
    own = {k: v[2:3] for k, v in params.items()}
    alone = guess(prior, degradation, y[2:3], 'c', params=own, checkpoint=encoder)['z']
    assert torch.equal(alone[0], together[2])
    louder = {**params, 'sigma': params['sigma'] + 0.1}
    assert not torch.equal(
        guess(prior, degradation, y, params=louder, checkpoint=encoder)['z'], together
    )


def test_restarts_spread_by_key_and_seed(prior, degradation, y, encoder):
    one = guess(prior, degradation, y, checkpoint=encoder)['z']
    three = guess(prior, degradation, y, checkpoint=encoder, restarts=3)['z']
    assert torch.equal(three[::3], one)
    assert torch.equal(guess(prior, degradation, y, checkpoint=encoder, restarts=3)['z'], three)
    other = guess(prior, degradation, y, checkpoint=encoder, restarts=3, seed=1)['z']
    assert torch.equal(other[::3], one)
    assert not torch.isclose(other[1::3], three[1::3]).any()
    still = guess(prior, degradation, y, checkpoint=encoder, restarts=2, spread=0.0)['z']
    assert torch.equal(still[1::2], one)
    wide = guess(prior, degradation, y, checkpoint=encoder, restarts=2, spread=1.0)['z']
    narrow = guess(prior, degradation, y, checkpoint=encoder, restarts=2)['z']
    torch.testing.assert_close(wide[1::2] - one, 2 * (narrow[1::2] - one))


@pytest.mark.parametrize('latent', ['uniform', 'sphere'])
def test_guesses_are_possible_draws(degradation, y, tmp_path, latent):
    prior = BEGANPrior(GENERATOR, latent=latent)
    path = write_encoder(prior, tmp_path / 'encoder.safetensors')
    z = guess(prior, degradation, y, checkpoint=path, restarts=4, spread=5.0)['z']
    if latent == 'uniform':
        assert z.abs().max() == 1
    else:
        torch.testing.assert_close(z.norm(dim=1), torch.full((20,), 10**0.5))


def test_searches_go_on_from_it(prior, degradation, y, encoder):
    batch = MeasurementBatch(y, degradation, prior.image_shape, KEYS)
    lm = dict(name='LM', iterations=2, optimizer=dict(type='LevenbergMarquardt'))
    start = dict(type='EncoderStart', checkpoint=encoder, restarts=2)
    result = Inversion(prior, [lm], start=start)(batch)
    first = result.final.trace[0]
    z = guess(prior, degradation, y, checkpoint=encoder)['z']
    image = prior({'z': z})
    objective = (degradation.bind({}, prior.image_shape).predict(image) - y).square()
    assert result.restart_objectives.shape == (5, 2)
    assert (result.final.objective < objective.flatten(1).mean(1)).all()
    assert (result.final.objective < first).all()


PHYSICS = [
    dict(type='Identity'),
    dict(type='BicubicDownsampling', factor=4),
    dict(type='BoxMask', fraction=1 / 3),
    dict(type='Luminance'),
]


@pytest.mark.parametrize('physics', PHYSICS, ids=lambda p: p['type'])
def test_filtered_inverse_is_the_pseudo_inverse(physics):
    degradation = build_degradation(dict(physics=physics, centre=0.5))
    bound = degradation.bind({}, (3, 32, 32))
    image = torch.rand(2, 3, 32, 32, dtype=torch.float64)
    y = bound.forward_operator(image)
    exact = bound.pseudo_inverse(y)
    assert (filtered_inverse(bound, y) - exact).square().mean() < 2e-2 * exact.var()


def test_filtered_inverse_does_not_amplify_noise():
    degradation = build_degradation(
        dict(
            physics=dict(type='UniformBlur', size=9),
            noise=dict(type='GaussianNoise', sigma=0.1),
            centre=0.5,
        )
    )
    bound = degradation.bind({'sigma': torch.tensor([0.1])}, (3, 32, 32))
    noise = 0.1 * torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert bound.pseudo_inverse(noise).std() > 1
    assert filtered_inverse(bound, noise).std() < 0.1


def test_channels_are_picture_noise_and_hole():
    degradation = build_degradation(dict(physics=dict(type='BoxMask', fraction=0.5), centre=0.5))
    bound = degradation.bind({}, (3, 16, 16))
    image = torch.rand(2, 3, 16, 16)
    seen = encoder_input(bound, bound.forward_operator(image))
    assert seen.shape == (2, 5, 16, 16)
    hole = seen[:, 4:] == 1
    assert hole.sum() == 2 * 64 and (seen[:, 4:][~hole] == 0).all()
    known = ~hole.expand(-1, 3, -1, -1)
    torch.testing.assert_close(seen[:, :3][known], (2 * image - 1)[known])
    assert (seen[:, 3] == 0).all()
    assert torch.equal(left_open(bound, image)[0, 0].bool(), hole[0, 0])


def test_operators_without_adjoint_are_refused(prior, encoder):
    degradation = build_degradation(dict(physics=dict(type='Haze', beta=0.7)))
    with pytest.raises(UserError, match='has no adjoint'):
        guess(prior, degradation, torch.rand(5, 3, 16, 16), checkpoint=encoder)


def test_faults_are_one_line(prior, degradation, y, tmp_path, encoder):
    with pytest.raises(UserError, match='this BEGANPrior has no encoder in the catalogue'):
        guess(prior, degradation, y)
    with pytest.raises(UserError, match="'dcgan_celeba_64' has no encoder in the catalogue"):
        guess(prior, degradation, y, checkpoint='dcgan_celeba_64')
    with pytest.raises(CheckpointError, match='not found'):
        guess(prior, degradation, y, checkpoint=str(tmp_path / 'none.pth'))
    longer = BEGANPrior({**GENERATOR, 'noise_size': 12})
    with pytest.raises(CheckpointError, match='does not fit LatentEncoder: wrong shapes'):
        guess(longer, degradation, y, checkpoint=encoder)
    uniform = BEGANPrior(GENERATOR, latent='uniform')
    with pytest.raises(UserError, match="trained for latent='normal', the prior has"):
        guess(uniform, degradation, y, checkpoint=encoder)
    for fault in (dict(restarts=0), dict(spread=-1.0)):
        with pytest.raises(ValueError, match=next(iter(fault))):
            MODELS.build(dict(type='EncoderStart', **fault))


def test_bundled_encoder_is_small_and_beats_chance():
    """From a measurement, the guess explains what the generator made better than a random start."""
    with_encoder = [name for name, entry in catalogue().items() if entry.encoder and entry.local]
    assert 'dcgan_toyfaces' in with_encoder
    prior = build_prior('dcgan_toyfaces')
    assert fetch_encoder(catalogue()['dcgan_toyfaces']).stat().st_size < 3e6
    degradation = build_degradation(
        dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)
    )
    draws = [prior.sample_latents(torch.Generator().manual_seed(i))['z'] for i in range(4)]
    truth = prior({'z': torch.stack(draws)})
    batch = MeasurementBatch(
        degradation.bind({}, (3, 64, 64)).predict(truth), degradation, (3, 64, 64), KEYS[:4]
    )
    errors = {}
    for start in ('EncoderStart', 'RandomStart'):
        latents = MODELS.build(dict(type=start)).start(prior, batch, 0)
        errors[start] = (prior(latents) - truth).square().flatten(1).mean(1)
    assert (errors['EncoderStart'] < 0.25 * errors['RandomStart']).all()


def own_catalogue(folder, prior, **encoder):
    """A catalogue of one prior ``small`` with an encoder, beside their files."""
    state = {f'generator.{k}': v for k, v in prior.generator.state_dict().items()}
    write_state(state, folder / 'small.safetensors')
    write_encoder(prior, folder / 'small_encoder.safetensors')
    content = dict(
        about='small',
        file='small.safetensors',
        sha256=file_sha256(folder / 'small.safetensors'),
        prior=dict(
            type='BEGANPrior', generator=GENERATOR, latent='normal', checkpoint_prefix='generator'
        ),
        encoder=dict(
            file='small_encoder.safetensors',
            sha256=file_sha256(folder / 'small_encoder.safetensors'),
        )
        | encoder,
    )
    (folder / 'catalogue.yml').write_text(yaml.safe_dump({'priors': {'small': content}}))
    return str(folder / 'catalogue.yml')


def test_encoder_of_a_catalogue_is_found_by_the_priors_name(
    prior, degradation, y, encoder, tmp_path, monkeypatch
):
    monkeypatch.setenv('MGP_CATALOGUE', own_catalogue(tmp_path, prior))
    expected = guess(prior, degradation, y, checkpoint=encoder)['z']
    assert torch.equal(guess(build_prior('small'), degradation, y)['z'], expected)
    assert torch.equal(guess(prior, degradation, y, checkpoint='small')['z'], expected)


def test_encoder_of_a_catalogue_is_checked(prior, degradation, y, tmp_path, monkeypatch):
    monkeypatch.setenv('MGP_CATALOGUE', own_catalogue(tmp_path, prior, sha256='0' * 64))
    with pytest.raises(UserError, match='small_encoder.safetensors'):
        guess(prior, degradation, y, checkpoint='small')
    monkeypatch.setenv('MGP_CATALOGUE', own_catalogue(tmp_path, prior, file='../escape.pth'))
    with pytest.raises(UserError, match="prior 'small': 'encoder' must be a 'file' beside"):
        guess(prior, degradation, y, checkpoint='small')


def training(prior, **options):
    return EncoderTraining(
        prior,
        degradations=[
            dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5),
            dict(physics=dict(type='Identity'), noise=dict(type='GaussianNoise', sigma=(0.0, 0.2))),
        ],
        **options,
    )


def test_training_lowers_the_losses():
    torch.manual_seed(0)
    prior = build_prior('dcgan_toyfaces')
    model = training(prior)
    optimizer = torch.optim.Adam(model.encoder.parameters(), 2e-3)
    others = range(2000, 2048)
    first = model(others, mode='loss')
    for i in range(240):
        losses = model(range(8 * i, 8 * i + 8), mode='loss')
        optimizer.zero_grad()
        sum(v for k, v in losses.items() if 'loss' in k).backward()
        optimizer.step()
    last = model(others, mode='loss')
    assert last['loss_image'] < 0.6 * first['loss_image']
    assert last['loss_latent'] < first['loss_latent']
    assert last['loss_spread'] < first['loss_spread']
    assert all(p.grad is None for p in prior.parameters())


def test_training_may_begin_with_the_encoder_of_another_prior():
    biggan = build_prior('biggan_toyfaces')
    model = training(biggan, begin_with='dcgan_toyfaces')
    other = EncoderStart().load(build_prior('dcgan_toyfaces'))
    picture = torch.rand(2, 5, 64, 64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(model.encoder.body(picture), other.body(picture))
    assert not torch.equal(training(biggan).encoder.body(picture), other.body(picture))
    assert all(p.requires_grad for p in model.encoder.parameters())
    with pytest.raises(UserError, match='pggan_toyfaces.* has no encoder'):
        training(biggan, begin_with='pggan_toyfaces')


def test_training_samples_are_functions_of_their_seeds(prior):
    model = training(prior, groups=1)
    like = torch.zeros(())
    with torch.no_grad():
        first, again = (model.make([5, 6], like) for _ in range(2))
    assert torch.equal(first[2], again[2])
    draw = model.draw(torch.Generator().manual_seed(0))
    assert draw['z'].shape == (10,)
    with pytest.raises(UserError, match='degradations'):
        EncoderTraining(prior, degradations=[])


CONFIG = """
default_scope = 'mmagic'
custom_imports = dict(imports=['mmgenprior.components'], allow_failed_imports=False)
prior = dict(
    type='BEGANPrior',
    generator=dict(type='BEGANGenerator', out_size=16, noise_size=10, channels=8),
    latent='normal',
)
model = dict(
    type='EncoderTraining',
    prior=prior,
    degradations=[dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)],
)
train_dataloader = dict(
    batch_size=4,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=False),
    dataset=dict(type='SeedsDataset', length=1000),
)
optim_wrapper = dict(type='BFloat16OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3))
train_cfg = dict(type='IterBasedTrainLoop', max_iters=4)
default_hooks = dict(
    logger=dict(type='LoggerHook', interval=2, log_metric_by_epoch=False),
    checkpoint=dict(type='CheckpointHook', interval=4, by_epoch=False),
)
log_processor = dict(type='LogProcessor', by_epoch=False)
visualizer = dict(type='Visualizer', vis_backends=[dict(type='VisBackend')])
randomness = dict(seed=0)
"""


@pytest.mark.slow
def test_the_command_trains_and_exports(prior, degradation, y, tmp_path):
    config = tmp_path / 'encoder.py'
    config.write_text(CONFIG)
    environment = dict(os.environ, OMP_NUM_THREADS='1')

    def tool(name, *arguments):
        command = [sys.executable, str(ROOT / 'tools' / name), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    tool('train.py', config, '--work-dir', tmp_path / 'work')
    checkpoint = tmp_path / 'work' / 'iter_4.pth'
    trained = guess(prior, degradation, y, checkpoint=str(checkpoint))['z']
    (log,) = (tmp_path / 'work').rglob('scalars.json')
    target = tmp_path / 'small.safetensors'
    lines = tool('export_prior.py', config, checkpoint, target, '--log', log)
    assert 'encoder:' in lines and 'sha256:' in lines
    assert 'cpu_minutes' in target.with_suffix('.json').read_text()
    exported = guess(prior, degradation, y, checkpoint=str(target))['z']
    torch.testing.assert_close(exported, trained, rtol=0, atol=2e-2)
