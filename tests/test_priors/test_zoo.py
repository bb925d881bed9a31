"""The catalogue: what MMagic says of its checkpoints, buildable, and usable by name everywhere."""

from __future__ import annotations

import hashlib
import pickle
import re
from copy import deepcopy
from pathlib import Path

import pytest
import torch
import yaml

import mmgenprior.components  # noqa: F401  (before mmagic)
from mmgenprior.priors import CheckpointError, build_prior, prior_config, zoo_discriminator
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.catalogue import PACKAGED, catalogue, find_entry
from mmgenprior.weights.resolve import cache_dir

# isort: split
import mmagic
from mmagic.registry import MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope

from .conftest import CONFIGS, build, latents_of

STOCK = Path(mmagic.__file__).parent / '.mim'
ENTRIES = yaml.safe_load(PACKAGED.read_text())['priors']
NAMES = [name for name, fields in ENTRIES.items() if 'stock' in fields]
FACES = ('celeba', 'ffhq', 'faces', 'digiface')
# Where weights start, and what the prior adapters set themselves.
IRRELEVANT = {'init_cfg', 'auto_sync_bn'}
# MMagic leaves these to the default of its class, of the model around or of the config.
IMPLIED = {'PGGANGenerator': dict(noise_size=512)}


@pytest.fixture(scope='module')
def metafiles():
    """Address of the weights by config, for every metafile of the installed MMagic."""
    models = [
        model
        for file in sorted((STOCK / 'configs').glob('*/metafile.yml'))
        for model in yaml.safe_load(file.read_text())['Models']
    ]
    assert len(models) > 100
    return {model['Config']: model.get('Weights') for model in models}


def test_catalogue_has_what_the_papers_need():
    assert {
        *('pggan_celebahq_1024', 'pggan_bedroom_128', 'dcgan_celeba_64', 'biggan_imagenet_128'),
        *('biggan_imagenet_128_official', 'biggandeep_imagenet_256', 'biggan_cifar10_32'),
        *('stylegan1_ffhq_1024', 'stylegan2_ffhq_1024', 'stylegan2_church_256'),
        *('stylegan3t_ffhq_1024', 'stylegan3r_ffhq_1024', 'dcgan_bedroom_64'),
    } <= set(NAMES)
    assert find_entry('biggan_imagenet_128').discriminator is not None


@pytest.mark.parametrize('name', list(catalogue()))
def test_every_prior_says_what_it_is(name):
    entry = find_entry(name)
    assert all((entry.source, entry.licence, entry.framing, entry.resolution, entry.parameters))
    assert entry.framing.draws_faces is any(word in name for word in FACES)
    assert (str(entry.framing) == 'none') is not entry.framing.draws_faces
    assert entry.stock is not None or entry.size is not None
    if entry.stock is not None:
        assert entry.licence.startswith('Apache-2.0 (MMagic); the terms of ')


@pytest.mark.parametrize('name', NAMES)
def test_address_and_hash_are_mmagics(name, metafiles, monkeypatch):
    monkeypatch.delenv('MGP_MIRROR', raising=False)
    entry = find_entry(name)
    assert entry.url == metafiles[entry.stock]
    assert entry.file_name.endswith(f'-{entry.sha256}.pth') and len(entry.sha256) == 8


def same(own, stock):
    own, stock = ({k: v for k, v in c.items() if k not in IRRELEVANT} for c in (own, stock))
    kinds = [MODELS.get(config.pop('type')) for config in (own, stock)]
    assert kinds[0] is kinds[1] and kinds[0] is not None
    assert own == {**IMPLIED.get(kinds[0].__name__, {}), **stock}


@pytest.mark.parametrize('name', NAMES)
def test_generator_and_discriminator_are_mmagics(name):
    entry = find_entry(name)
    model = Config.fromfile(STOCK / entry.stock).model.to_dict()
    same(entry.prior['generator'], model['generator'])
    if entry.discriminator is not None:
        same(entry.discriminator, model['discriminator'])
    averaged = 'ema_config' in model
    assert entry.prior['checkpoint_prefix'] == ('generator_ema' if averaged else 'generator')
    assert entry.discriminator_prefix == 'discriminator'
    order = model['data_preprocessor'].get('output_channel_order', 'BGR')
    assert entry.prior['channel_order'] == (order or 'BGR').lower()


@pytest.mark.parametrize('name', NAMES)
def test_prior_builds(name):
    entry = find_entry(name)
    options = {}
    if entry.prior['type'] == 'StyleGANPrior':
        options = dict(latent_space='z')  # the mean of W needs weights
    elif name == 'biggan_cifar10_32':
        options = dict(class_index=3)
    with torch.device('meta'):
        prior = MODELS.build(dict(type='zoo', name=name, checkpoint=None, **options))
    side = int(re.findall(r'_(\d+)', name)[-1])
    assert prior.image_shape == (3, side, side) and entry.resolution == side
    assert sum(p.numel() for p in prior.generator.parameters()) == entry.parameters
    assert prior.channel_order == 'bgr' and prior.output_range == (-1, 1)
    assert prior.latent == 'normal'
    if entry.discriminator is not None:
        with torch.device('meta'), DefaultScope.overwrite_default_scope('mmagic'):
            assert sum(p.numel() for p in MODELS.build(entry.discriminator).parameters()) > 1e5


def test_overrides():
    plain = prior_config('pggan_celebahq_1024')
    assert plain['checkpoint'] == 'pggan_celebahq_1024'
    assert plain['checkpoint_prefix'] == 'generator_ema'
    own = prior_config(
        'pggan_celebahq_1024', checkpoint='w.pth', latent='sphere', generator=dict(out_scale=64)
    )
    assert own['checkpoint'] == 'w.pth' and own['latent'] == 'sphere'
    assert 'checkpoint_prefix' not in own
    assert own['generator'] == dict(type='PGGANGenerator', out_scale=64, noise_size=512)
    assert prior_config('pggan_celebahq_1024') == plain
    with pytest.raises(UserError, match='did you mean'):
        build_prior('pggan_celebahq_124')


@pytest.fixture
def zoo(tmp_path, monkeypatch, loopback):
    """A private catalogue of two small priors with discriminator, served by ``loopback``."""
    monkeypatch.setenv('MGP_PRIOR_ROOT', str(tmp_path / 'root'))
    monkeypatch.delenv('MGP_MIRROR', raising=False)
    monkeypatch.setenv('MGP_CATALOGUE', str(tmp_path / 'zoo.yml'))
    config = deepcopy(CONFIGS['dcgan'])
    prior = build(config, init_seed=3)
    critic = dict(type='DCGANDiscriminator', input_scale=32, output_scale=4, out_channels=1)
    critic['base_channels'] = 8
    torch.manual_seed(0)
    discriminator = MODELS.build(deepcopy(critic))
    state = {f'generator.{k}': v for k, v in prior.generator.state_dict().items()}
    state |= {f'discriminator.{k}': v for k, v in discriminator.state_dict().items()}

    def serve(content, **fields):
        file = tmp_path / 'served.pth'
        file.write_bytes(content) if isinstance(content, bytes) else torch.save(content, file)
        loopback.files['/small/w.pth'] = file
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        entry = dict(about='small', file='small/w.pth', sha256=sha256)
        entry |= dict(prior=dict(config, checkpoint_prefix='generator'), discriminator=critic)
        (tmp_path / 'zoo.yml').write_text(
            yaml.safe_dump(dict(base=loopback.url, priors=dict(small={**entry, **fields})))
        )

    serve(dict(state_dict=state, meta=dict(epoch=1)))
    serve.prior, serve.discriminator, serve.state = prior, discriminator, state
    return serve


def test_by_name_wherever_a_prior_goes(zoo, loopback):
    latents = latents_of(zoo.prior, 1)
    expected = zoo.prior(latents)
    plain = CONFIGS['dcgan']
    stages = [dict(name='latent', iterations=1, latent_lr=0.1)]
    for prior in (
        build_prior('small'),
        build_prior(zoo.prior),
        MODELS.build(dict(type='zoo', name='small')),
        MODELS.build(dict(plain, checkpoint='small')),
        MODELS.build(
            dict(plain, checkpoint=f'{loopback.url}/small/w.pth#sha256={digest(loopback)}')
        ),
        MODELS.build(dict(type='GANInversion', prior='small', stages=stages)).prior,
        MODELS.build(dict(type='CSGM', prior=dict(type='zoo', name='small'))).prior,
        MODELS.build(dict(type='IAGAN', prior='small')).prior,
    ):
        assert torch.equal(prior(latents), expected)
    # Once by the name, once by the address.
    assert len(loopback.log) == 2


def digest(loopback):
    return hashlib.sha256(loopback.body('/small/w.pth')).hexdigest()


def test_discriminator_by_name(zoo):
    critic = zoo_discriminator('small')
    for key, value in zoo.discriminator.state_dict().items():
        assert torch.equal(critic.state_dict()[key], value)
    assert not critic.training and not any(p.requires_grad for p in critic.parameters())
    with pytest.raises(UserError, match='no discriminator'):
        zoo_discriminator('biggandeep_imagenet_256')
    zoo({k: v for k, v in zoo.state.items() if k.startswith('generator')})
    (cache_dir() / 'w.pth').unlink()
    with pytest.raises(CheckpointError, match="no key starts with 'discriminator"):
        zoo_discriminator('small')


def test_incomplete_file_is_one_line(zoo):
    state = dict(zoo.state)
    gone = next(k for k in state if k.startswith('generator.'))
    del state[gone]
    zoo(state)
    with pytest.raises(CheckpointError) as error:
        build_prior('small')
    assert gone.removeprefix('generator.') in str(error.value) and '\n' not in str(error.value)


def test_code_in_a_served_file_does_not_run(zoo, tmp_path):
    class Evil:
        def __reduce__(self):
            return Path.touch, (tmp_path / 'ran',)

    zoo(pickle.dumps(dict(state_dict=Evil())))
    with pytest.raises(CheckpointError, match='refused') as error:
        build_prior('small')
    assert '\n' not in str(error.value) and not (tmp_path / 'ran').exists()


def test_unknown_name_of_a_checkpoint():
    with pytest.raises(CheckpointError, match='did you mean pggan_celebahq_1024') as error:
        MODELS.build(dict(CONFIGS['dcgan'], checkpoint='pggan_celebahq_102'))
    assert '\n' not in str(error.value)
    assert 'pggan_celebahq_1024' in catalogue()


def test_biggan_of_one_class():
    config = dict(
        type='BigGANPrior',
        generator=dict(
            type='BigGANGenerator',
            output_scale=32,
            noise_size=16,
            base_channels=4,
            num_classes=5,
            with_shared_embedding=False,
            split_noise=False,
            sn_style='torch',
        ),
    )
    with pytest.raises(UserError, match=r'class_index=0\.\.4'):
        build(config)
    prior, other = build(config, class_index=3), build(config, class_index=1)
    assert prior.latent_shapes == {'z': (16,)} and not prior.apart
    with torch.no_grad():
        # Fresh tables are alike for every class.
        for name, p in prior.generator.named_parameters():
            if 'weight_embedding' in name:
                p.add_(torch.randn(p.shape, generator=torch.Generator().manual_seed(1)))
    other.generator.load_state_dict(prior.generator.state_dict())
    latents = latents_of(prior, 2)
    stock = prior.generator(latents['z'], label=torch.tensor([3, 3]))
    assert torch.equal(prior(latents), (stock.flip(1) + 1) / 2)
    assert not torch.equal(prior(latents), other(latents))
    single = torch.func.vmap(lambda z: prior({'z': z[None]})[0])(latents['z'])
    assert torch.allclose(single, prior(latents), atol=1e-6)
