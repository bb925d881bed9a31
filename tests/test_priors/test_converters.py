"""Official checkpoints, converted: equal output in float64, or one clear line."""

import copy
import re

import numpy as np
import pytest
import torch
from mmagic.registry import MODELS

from mmgenprior import converters
from mmgenprior.editors.bigprior import PhiNetwork
from mmgenprior.priors import CheckpointError
from mmgenprior.priors.pggan import OfficialPixelNorm
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.reading import read_checkpoint

from . import official_networks as official
from .conftest import CONFIGS, build, latents_of

G_WIDTHS = {3: (4,) * 4, 4: (16, 16, 8, 4, 2), 5: (16, 16, 8, 4, 2, 1)}
D_WIDTHS = {4: (4,) * 4, 5: (1, 2, 4, 8, 16), 6: (1, 2, 4, 8, 16, 16), 7: (1, 2, 4, 8, 8, 16, 16)}


def double(state):
    return {k: v.double() if v.is_floating_point() else v for k, v in state.items()}


def prior_of(conversion, **changes):
    """The prior that the config builds, with the weights loaded strictly, in float64."""
    prior = build(conversion.config, **changes).double()
    prior.generator.load_state_dict(conversion.state, strict=True)
    return prior


def largest(a, b):
    return float((a - b).detach().abs().max())


def part_of(file, prefix):
    arrays = np.load(file)
    found = {n[len(prefix) :]: arrays[n] for n in arrays.files if n.startswith(prefix)}
    return {n: torch.from_numpy(np.array(a)) for n, a in found.items() if a.dtype.kind != 'U'}


def noise(*shape, seed=9):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=rng, dtype=torch.float64)


# ---- the reference data


@pytest.mark.parametrize(
    ('name', 'converter', 'stock'),
    [
        ('gf64', converters.convert_pggan_genforce, 9.6e-5),
        ('gf128', converters.convert_pggan_genforce, 2.5e-4),
        ('gf128_fused', converters.convert_pggan_genforce, 2.5e-4),
        ('ptr128', converters.convert_pggan_ptrblck, 1.2e-4),
    ],
)
def test_pggan_equals_the_official_images(name, converter, stock, shared):
    file = shared(f'golden/pggan_weights/{name}.npz')
    state = part_of(file, 'sd/')
    conversion = converter(state)
    data = part_of(file, '')
    images = (data['out'].double() + 1) / 2
    z = data['z'][: len(images)].double()  # one file holds a latent more than images
    prior = prior_of(conversion)
    assert prior.image_shape == tuple(images.shape[1:])
    assert 2 * largest(prior({'z': z}), images) < 1e-6
    # From float64 weights the images are equal to float32, in which the references are stored.
    exact = prior_of(converter(double(state))).generator(z)
    assert largest(exact, data['out'].double()) <= 2**-24 * largest(exact, torch.zeros(1)) * 1.01
    difference = 2 * largest(prior_of(conversion, pixel_norm='mmagic')({'z': z}), images)
    assert stock / 1.5 < difference < stock * 1.5  # MMagic's pixel norm, on [-1, 1]


def test_pggan_1024_equals_the_official_images(shared):
    file = shared('golden/pggan_weights/ptr1024.npz')
    prior = prior_of(converters.convert_pggan_ptrblck(part_of(file, 'sd/')))
    data = part_of(file, '')
    with torch.no_grad():
        image = prior.generator(data['z'].double())
    assert largest(image[:, :, ::8, ::8], data['out_stride8'].double()) < 1e-6


def test_biggan_generator_equals_the_official_images(shared):
    conversion = converters.convert_biggan_generator(
        part_of(shared('golden/dgp/weights.npz'), 'G/')
    )
    static = part_of(shared('golden/dgp/static.npz'), '')
    prior = prior_of(conversion)
    image = prior.generator(static['z'].double(), label=static['y'])
    # The stored images are the official float64 ones, rounded to float32.
    assert torch.equal(image.float(), static['G_out'])


def test_biggan_discriminator_equals_the_official_scores(shared):
    conversion = converters.convert_biggan_discriminator(
        part_of(shared('golden/dgp/weights.npz'), 'D/')
    )
    static = part_of(shared('golden/dgp/static.npz'), '')
    pixels = torch.from_numpy(np.load(shared('golden/dgp/preprocess.npz'))['img_u8'])
    image = ((pixels / 255).double() * 2 - 1).permute(2, 0, 1)[None]
    net = MODELS.build(conversion.config).double().eval()
    net.load_state_dict(conversion.state, strict=True)
    assert largest(net(image, torch.tensor([7])), static['D_real_logit_y']) < 1e-12
    features = []
    net.decision.register_forward_pre_hook(lambda module, inputs: features.append(inputs[0]))
    net(image, torch.tensor([7]))
    assert torch.equal(features[0].float(), static['Df_real_7'].float())


def test_began_equals_the_official_images(shared):
    folder = 'golden/iagan_loop'
    conversion = converters.convert_began(part_of(shared(f'{folder}/weights_began.npz'), ''))
    loop = part_of(shared(f'{folder}/loop_f64.npz'), 't0_')
    prior = prior_of(conversion)
    image = prior.generator(loop['z_hat'].double().view(1, 64))
    assert torch.equal(image.float(), loop['I_csgm'].float())


def test_began_file_converts(shared, tmp_path):
    source = shared('data/priors/began_celeba64.pth')
    text = converters.convert_file(converters.convert_began, source, tmp_path / 'a.safetensors')
    assert 'out_size=64' in text
    before = read_checkpoint(source)
    after = read_checkpoint(tmp_path / 'a.safetensors')
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_phi_equals_the_official_network(shared):
    file = shared('data/priors/bigprior_phi_col_church.pth')
    data = part_of(shared('golden/bigprior/all_nets_64crop.npz'), '')
    conversion = converters.convert_bigprior_phi(converters.read_official(file))
    net = MODELS.build(conversion.config).eval()
    net.load_state_dict(conversion.state, strict=True)
    x, gan = data['gray'], data['gan']
    with torch.no_grad():
        phi = net(x)
        assert largest(phi, data['phi_col_church_1']) < 1e-6
        assert largest((1 - phi) * x + phi * gan, data['out_col_church_1']) < 1e-6
        assert largest(net.double()(x.double()), data['phi_col_church_1']) < 1e-6


# ---- random state dicts in the documented layouts


@pytest.mark.parametrize('widths', [(12, 12, 6), (16, 16, 16, 8, 4)])
@pytest.mark.parametrize('layout', ['ptrblck', 'genforce', 'genforce fused'])
def test_pggan_layouts(layout, widths):
    if layout == 'ptrblck':
        state = official.ptrblck_state(10, widths)
        converter, network = converters.convert_pggan_ptrblck, official.ptrblck
    else:
        state = official.genforce_state(10, widths, fused=layout.endswith('fused'))
        converter, network = converters.convert_pggan_genforce, official.genforce
    z = noise(3, 10)
    wanted = (network(double(state), z) + 1) / 2
    assert wanted.std() > 0.1
    for weights, tolerance in ((state, 5e-6), (double(state), 1e-12)):
        conversion = converter(weights)
        assert conversion.config['generator']['fused_upconv'] == layout.endswith('fused')
        prior = prior_of(conversion)
        assert prior.image_size == 2 ** (len(widths) + 1)
        assert largest(prior({'z': z}), wanted) < tolerance


def test_pggan_1024_layout():
    """The full depth, in narrow layers, which amplify what rounding the weights would lose."""
    state = official.ptrblck_state(8, (8, 8, 8, 8, 8, 8, 8, 4, 2))
    prior = prior_of(converters.convert_pggan_ptrblck(state))
    z = noise(1, 8)
    with torch.no_grad():
        assert prior.image_size == 1024
        assert largest(prior.generator(z), official.ptrblck(double(state), z)) < 1e-6


@pytest.mark.parametrize(
    ('blocks', 'attention', 'split'),
    [(3, [], True), (4, [3], True), (5, [3], True), (3, [1], True), (3, [], False)],
)
def test_biggan_generator_layout(blocks, attention, split):
    widths = tuple(4 * unit for unit in G_WIDTHS[blocks])
    state = official.biggan_g_state(widths, attention, split=split)
    conversion = converters.convert_biggan_generator(state)
    assert ('arch_cfg' in conversion.config['generator']) == (attention == [1])
    prior = prior_of(conversion)
    z, label = noise(2, prior.latent_shapes['z'][0]), torch.tensor([4, 1])
    latents = {'z': z, 'class_embedding': state['shared.weight'][label].double()}
    with torch.no_grad():
        wanted = official.biggan_g(double(state), z, label, split)
        assert wanted.shape[-1] == prior.image_size == 4 * 2**blocks
        assert 0.1 < wanted.std() and largest(prior(latents), (wanted + 1) / 2) < 1e-12


@pytest.mark.parametrize(('blocks', 'attention'), [(4, []), (5, []), (6, [0]), (5, [2]), (7, [1])])
def test_biggan_discriminator_layout(blocks, attention):
    widths = tuple(8 * unit for unit in D_WIDTHS[blocks])
    halved = 2 if blocks == 4 else blocks - 1
    state = official.biggan_d_state(widths, attention, halved)
    conversion = converters.convert_biggan_discriminator(state)
    assert ('arch_cfg' in conversion.config) == (attention == [2] or blocks == 7)
    net = MODELS.build(conversion.config).double().eval()
    net.load_state_dict(conversion.state, strict=True)
    x, label = noise(2, 3, *[net.input_scale] * 2), torch.tensor([3, 0])
    with torch.no_grad():
        wanted = official.biggan_d(double(state), x, label, halved)
        assert net.input_scale == 8 * 2 ** (blocks - 2)
        assert largest(net(x, label), wanted) < 1e-11 * wanted.abs().max()


@pytest.mark.parametrize(('blocks', 'size'), [(4, 64), (5, 128)])
def test_began_layout(blocks, size):
    state = official.began_state(blocks)
    prior = prior_of(converters.convert_began(state))
    assert prior.image_size == size
    assert all(torch.equal(v.float(), state[k]) for k, v in prior.generator.state_dict().items())


@pytest.mark.parametrize(
    ('noise_size', 'widths'), [(6, (8,)), (5, (8, 4)), (9, (32, 16, 8, 4)), (6, (32, 16, 8, 4, 2))]
)
def test_dcgan_layout(noise_size, widths):
    state = official.dcgan_state(noise_size, widths)
    conversion = converters.convert_dcgan_tutorial(state)
    prior = prior_of(conversion)
    assert prior.image_size == 4 * 2 ** len(widths)
    z = noise(3, noise_size)
    with torch.no_grad():
        wanted = official.dcgan(double(state), z)
        assert 0.05 < wanted.std() and torch.equal(prior.generator(z), wanted)
        assert torch.equal(prior({'z': z}), (wanted + 1) / 2)  # RGB stays RGB
    kept = {k: v for k, v in conversion.state.items() if k != 'output_layer.conv.bias'}
    assert len(kept) == len(state)
    assert all(any(v is old for old in state.values()) for v in kept.values())
    assert not conversion.state['output_layer.conv.bias'].any()


def test_dcgan_of_digiface_is_exact(shared):
    state = read_checkpoint(shared('data/priors/dcgan_digiface64.safetensors'))
    prior = prior_of(converters.converter_of('auto')(state))
    assert prior.image_size == 64 and prior.latent_shapes == {'z': (100,)}
    z = noise(4, 100)
    with torch.no_grad():
        assert torch.equal(prior.generator(z), official.dcgan(double(state), z))


@pytest.mark.parametrize('channels', [1, 3])
@pytest.mark.parametrize('prefix', ['module.backbone.dncnn.', 'backbone.dncnn.'])
def test_phi_layout(channels, prefix):
    state = official.phi_state(channels, prefix=prefix)
    conversion = converters.convert_bigprior_phi(state)
    assert conversion.config == dict(type='PhiNetwork', in_channels=channels, channels=8, depth=5)
    net = MODELS.build(conversion.config).double().eval()
    net.load_state_dict(conversion.state, strict=True)
    x = noise(2, channels, 9, 7)
    phi = net(x)
    assert phi.shape == (2, 3, 9, 7)
    assert largest(phi, official.phi(double(state), x)) < 1e-12


@pytest.mark.parametrize('options', [dict(in_channels=2), dict(depth=1)])
def test_phi_network_refuses(options):
    with pytest.raises(UserError, match='use|needs'):
        PhiNetwork(**options)


# ---- the official pixel norm


def test_official_pixel_norm_is_of_one_instance():
    stock, other = build(CONFIGS['pggan']), build(CONFIGS['pggan'])
    changed = build(CONFIGS['pggan'], pixel_norm='official')
    assert changed.generator.state_dict().keys() == stock.generator.state_dict().keys()
    assert sum(isinstance(m, OfficialPixelNorm) for m in changed.modules()) == 8
    assert not any(isinstance(m, OfficialPixelNorm) for m in other.modules())
    latents = {'z': noise(2, 16).float()}
    assert torch.equal(stock(latents), other(latents))
    assert 0 < largest(stock(latents), changed(latents)) < 1e-3
    # The latent's own norm too: a small code shows the epsilon.
    small = {'z': latents['z'] * 1e-4}
    assert largest(stock(small), changed(small)) > 1e-4
    with pytest.raises(UserError, match="pixel_norm='other' is unknown"):
        build(CONFIGS['pggan'], pixel_norm='other')


def test_official_pixel_norm_under_vmap_and_copies():
    prior = build(CONFIGS['pggan-plain'], pixel_norm='official').double()
    latents = double(latents_of(prior, 3))
    twin = copy.deepcopy(prior)
    assert torch.equal(twin(latents), prior(latents))
    weights = {k: v.expand(3, *v.shape) for k, v in prior.named_parameters()}

    def one(weights, z):
        return torch.func.functional_call(prior, weights, ({'z': z[None]},))[0]

    together = torch.vmap(one)(weights, latents['z'])
    assert torch.allclose(together, prior(latents), atol=1e-11)


# ---- refusals


STATES = {
    'pggan_ptrblck': lambda: official.ptrblck_state(8, (8, 8, 4)),
    'pggan_genforce': lambda: official.genforce_state(8, (8, 8, 4), fused=True),
    'biggan_generator': lambda: official.biggan_g_state((16,) * 4, []),
    'biggan_discriminator': lambda: official.biggan_d_state((16,) * 4, [], 2),
    'began': lambda: official.began_state(4),
    'dcgan_tutorial': lambda: official.dcgan_state(6, (8, 4)),
    'bigprior_phi': lambda: official.phi_state(1),
}


def converter_of(name):
    return getattr(converters, f'convert_{name}')


def refusal(name, state):
    with pytest.raises(CheckpointError) as error:
        converter_of(name)(state)
    assert '\n' not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize('name', list(STATES))
def test_every_key_is_needed(name):
    state = STATES[name]()
    converter_of(name)(state)
    for key in state:
        if key != 'lod':
            text = refusal(name, {k: v for k, v in state.items() if k != key})
            assert re.search('missing keys|unknown keys|blocks, not one of', text), (key, text)


@pytest.mark.parametrize('name', list(STATES))
def test_every_shape_is_checked(name):
    state = STATES[name]()
    for key, value in state.items():
        if key != 'lod':
            refusal(name, state | {key: value[None]})
            # The first dimension of these is free: the number of classes, the size of the latent.
            if key not in ('shared.weight', 'main.0.weight'):
                longer = torch.cat([value, value]) if value.ndim else value.repeat(2)
                refusal(name, state | {key: longer})


@pytest.mark.parametrize('name', list(STATES))
def test_unknown_keys_are_refused(name):
    state = STATES[name]() | {'extra.weight': torch.ones(2)}
    assert 'unknown keys: extra.weight' in refusal(name, state)


@pytest.mark.parametrize('name', list(STATES))
def test_other_layouts_are_refused(name):
    for other, state in STATES.items():
        if other != name:
            assert 'missing keys: ' in refusal(name, state())
    assert 'missing keys: ' in refusal(name, {})


def test_what_pggan_cannot_take_over():
    state = official.genforce_state(8, (8, 8, 4))
    assert '(lod=1)' in refusal('pggan_genforce', state | {'lod': torch.tensor(1.0)})
    assert 'not halved' in refusal('pggan_ptrblck', official.ptrblck_state(8, (8, 6, 4)))


def test_what_biggan_and_phi_cannot_take_over():
    state = official.biggan_g_state((16,) * 3, [])
    assert '2 blocks' in refusal('biggan_generator', state)
    assert '6 input channels' in refusal('bigprior_phi', official.phi_state(6))
