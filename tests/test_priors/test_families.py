"""What only one family has: numbers, latent spaces, real weights."""

import numpy as np
import pytest
import torch

from mmgenprior.priors import sample_latent
from mmgenprior.utils.errors import UserError

from .conftest import CONFIGS, build, enliven, latents_of


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


# ---- latent distributions


def test_distributions():
    normal = sample_latent('normal', (20000,), generator())
    assert abs(normal.mean()) < 0.03 and abs(normal.std() - 1) < 0.03
    box = sample_latent('uniform', (20000,), generator())
    assert -1 <= box.min() < -0.99 and 0.99 < box.max() <= 1
    assert abs(box.std() - 3**-0.5) < 0.02
    sphere = sample_latent('sphere', (37,), generator())
    assert sphere.norm() == pytest.approx(37**0.5, rel=1e-6)
    half = sample_latent('normal', (20000,), generator(), scale=0.5)
    assert torch.equal(half, normal * 0.5)
    with pytest.raises(ValueError, match='cauchy'):
        sample_latent('cauchy', (3,), generator())


def test_a_prior_draws_from_its_distribution():
    for name in ('normal', 'uniform', 'sphere'):
        prior = build(CONFIGS['pggan'], latent=name, latent_scale=0.5)
        drawn = prior.sample_latents(generator(3))['z']
        assert torch.equal(drawn, sample_latent(name, (16,), generator(3), 0.5))
    assert build(CONFIGS['began']).latent == 'uniform'


# ---- BEGAN


def test_began_sizes():
    for size, last in ((64, 4), (128, 5), (16, 2)):
        prior = build(
            CONFIGS['began'], generator=dict(type='BEGANGenerator', out_size=size, channels=4)
        )
        assert prior(latents_of(prior, 1)).shape == (1, 3, size, size)
        assert [n for n, _ in prior.blocks] == [
            'embed1',
            *(f'deconv{k}' for k in range(1, last + 1)),
        ]
        keys = set(prior.generator.state_dict())
        assert f'deconv{last}.4.weight' in keys and f'deconv{last - 1}.4.weight' not in keys
    for size in (8, 60, 65, 96, 0):
        with pytest.raises(UserError, match=f'out_size={size}'):
            build(CONFIGS['began'], generator=dict(type='BEGANGenerator', out_size=size))


def test_began_real_weights_draw_faces(shared):
    file = shared('data/priors/began_celeba64.pth')
    prior = build(
        dict(type='BEGANPrior', generator=dict(type='BEGANGenerator'), checkpoint=str(file))
    )
    z = torch.stack([prior.sample_latents(generator(i))['z'] for i in range(64)])
    faces = prior({'z': z})
    assert faces.min() >= 0 and faces.max() <= 1
    mean = faces.mean(0)
    # An aligned mean face is mirror-symmetric, and skin is warm: red above green above blue.
    centred = mean - mean.mean((1, 2), keepdim=True)
    mirror = torch.nn.functional.cosine_similarity(
        centred.flatten(), centred.flip(2).flatten(), dim=0
    )
    assert mirror > 0.9
    red, green, blue = mean[:, 24:44, 20:44].mean((1, 2))
    assert red > green > blue and red - blue > 0.05


@pytest.mark.parametrize('target', [0, 1])
def test_began_equals_the_official_generator(shared, target):
    weights = np.load(shared('golden/iagan_loop/weights_began.npz'))
    loop = np.load(shared('golden/iagan_loop/loop_f64.npz'))
    prior = build(dict(type='BEGANPrior', generator=dict(type='BEGANGenerator')))
    state = {k: torch.from_numpy(weights[k]) for k in weights.files}
    prior.generator.load_state_dict(state, strict=True)
    prior = prior.double()
    z = torch.from_numpy(loop[f't{target}_z_hat']).double().reshape(1, 64)
    reference = torch.from_numpy(loop[f't{target}_I_csgm']).double()
    assert (prior.from_rgb(prior({'z': z})) - reference).abs().max() < 1e-6
    assert ((prior({'z': z}) * 2 - 1) - reference).abs().max() < 1e-6


# ---- stock generators


@pytest.mark.parametrize('name', ['pggan', 'pggan-plain', 'dcgan'])
def test_image_equals_the_stock_generator(name):
    prior = enliven(build(CONFIGS[name]))
    latents = latents_of(prior, 2)
    stock = prior.generator(latents['z'])
    assert torch.equal(prior(latents), (stock.flip(1) + 1) / 2)


def test_pggan_official_weights(shared):
    """The genforce PGGAN of 64 pixels through the documented key mapping."""
    data = np.load(shared('golden/pggan_weights/gf64.npz'))
    prior = build(
        dict(
            type='PGGANPrior',
            channel_order='rgb',
            generator=dict(
                type='PGGANGenerator',
                noise_size=32,
                out_scale=64,
                base_channels=512,
                max_channels=32,
                fused_upconv=False,
            ),
        )
    )
    official = {k[3:]: torch.from_numpy(data[k]) for k in data.files if k.startswith('sd/')}
    state = {}
    for i in range(len(prior.generator.conv_blocks) + 1):
        w, b = official[f'layer{i}.conv.weight'], official[f'layer{i}.wscale.bias']
        if i == 0:
            flat = w.flip(2, 3).permute(0, 2, 3, 1).reshape(16 * w.shape[0], w.shape[1])
            state['noise2feat.linear.weight_orig'] = flat
            state['noise2feat.bias'] = b.view(1, -1, 1, 1)
        else:
            state[f'conv_blocks.{i - 1}.conv.weight_orig'] = w
            state[f'conv_blocks.{i - 1}.conv.bias'] = b
    for k in range(len(prior.generator.torgb_layers)):
        state[f'torgb_layers.{k}.conv.weight_orig'] = official[f'output{k}.conv.weight']
        state[f'torgb_layers.{k}.conv.bias'] = official[f'output{k}.wscale.bias']
    prior.generator.load_state_dict(state, strict=True)
    out = prior.from_rgb(prior({'z': torch.from_numpy(data['z']).float()}))
    # MMagic's pixel norm has another epsilon, worth 1e-4 on this narrow network.
    assert (out - torch.from_numpy(data['out'])).abs().max() < 3e-4


# ---- BigGAN


def test_biggan_class_embedding():
    prior = enliven(build(CONFIGS['biggan']))
    table = prior.generator.shared_embedding.weight
    assert torch.equal(prior.sample_latents(generator())['class_embedding'], table[3])
    drawn = prior.sample_latents(generator(), class_index=5)
    assert torch.equal(drawn['class_embedding'], table[5])
    prior.class_index = None
    assert torch.equal(prior.sample_latents(generator())['class_embedding'], table.mean(0))
    z = drawn['z'][None]
    stock = prior.generator(z, label=torch.tensor([5]))
    image = prior({'z': z, 'class_embedding': drawn['class_embedding'][None]})
    assert torch.equal(image, (stock.flip(1) + 1) / 2)
    with pytest.raises(UserError, match='class_index=7: the generator has 7 classes'):
        build(CONFIGS['biggan'], class_index=7)
    with pytest.raises(UserError, match='class_index=-1'):
        prior.sample_latents(generator(), class_index=-1)


def test_biggan_without_classes():
    prior = build(
        dict(
            type='BigGANPrior',
            generator=dict(
                type='BigGANGenerator',
                output_scale=32,
                noise_size=16,
                base_channels=4,
                num_classes=0,
                with_shared_embedding=False,
            ),
        )
    )
    assert list(prior.latent_shapes) == ['z'] and not prior.apart
    assert prior(latents_of(prior, 1)).shape == (1, 3, 32, 32)


def test_biggan_groups_are_those_of_dgp(shared):
    import json

    groups = json.loads(shared('golden/dgp/param_groups.json').read_text())
    prior = build(
        dict(
            type='BigGANPrior',
            generator=dict(
                type='BigGANGenerator', output_scale=128, base_channels=4, num_classes=300
            ),
        )
    )
    assert 'blocks.3.1' in json.dumps(groups), 'the reference keeps attention with block 3'
    assert [n for n, _ in prior.blocks] == [
        'noise2feat',
        *(f'conv_blocks.{i}' for i in (0, 1, 2, 3, 5)),
        'output_layer',
    ]
    assert any('conv_blocks.4.gamma' in n for n in dict(prior.block_names)['conv_blocks.3'])


# ---- StyleGAN


@pytest.mark.parametrize('name', ['stylegan1-z', 'stylegan2-w', 'stylegan3-z'])
def test_stylegan_spaces_agree(name):
    """The same code through Z, W and W+ is the same image, and that of the stock generator."""
    whole = dict(truncation=1.0, injected_noise='stored')
    spaces = {s: enliven(build(CONFIGS[name], latent_space=s, **whole)) for s in ('z', 'w', 'w+')}
    z = torch.randn(1, 16, generator=generator())
    prior = spaces['z']
    image = prior({'z': z})
    w = prior._map(z)
    assert torch.equal(spaces['w']({'w': w}), image)
    layers = w[:, None].repeat(1, spaces['w+'].num_layers, 1)
    assert torch.equal(spaces['w+']({'w': layers}), image)
    extra = {} if prior.is_v3 else dict(randomize_noise=False)
    stock = prior.generator(z, **extra)
    assert (image - (stock.flip(1) + 1) / 2).abs().max() < 1e-5 * image.abs().max()


@pytest.mark.parametrize('name', ['stylegan1-z', 'stylegan2-w', 'stylegan3-z'])
def test_stylegan_initial_codes(name):
    mean = build(CONFIGS[name], latent_space='w+', w_init='mean')
    start = mean.sample_latents(generator(1))['w']
    assert start.shape == (mean.num_layers, 16)
    assert torch.equal(start, mean.mean_w.expand_as(start))
    z = torch.randn(8192, 16, generator=generator(5))
    codes = mean._map(z)
    assert (codes.mean(0) - mean.mean_w).norm() < 0.05 * codes.norm(dim=1).mean()
    near = build(CONFIGS[name], latent_space='w', w_init='mapping', truncation=0.25)
    full = build(CONFIGS[name], latent_space='w', w_init='mapping', truncation=1.0)
    one, far = (p.sample_latents(generator(1))['w'] for p in (near, full))
    assert not torch.allclose(far, mean.mean_w)
    assert torch.allclose(one - near.mean_w, 0.25 * (far - near.mean_w), atol=1e-6)


@pytest.mark.parametrize('name', ['stylegan1-z', 'stylegan3-z'])
def test_stylegan_truncation_in_z(name):
    half = build(CONFIGS[name], latent_space='z', truncation=0.5)
    free = build(CONFIGS[name], latent_space='w', truncation=1.0)
    z = torch.randn(1, 16, generator=generator())
    expected = half.mean_w + 0.5 * (half._map(z) - half.mean_w)
    assert torch.equal(half({'z': z}), free({'w': expected}))
    none = build(CONFIGS[name], latent_space='z', truncation=0.0)
    assert torch.equal(none({'z': z}), none({'z': -z}))


def test_stylegan_mean_follows_loaded_weights():
    one, two = (build(CONFIGS['stylegan2-w'], init_seed=s) for s in (1, 2))
    assert not torch.equal(one.mean_w, two.mean_w)
    holder = torch.nn.ModuleDict({'prior': two})
    holder.load_state_dict({f'prior.{k}': v for k, v in one.state_dict().items()})
    assert torch.equal(one.mean_w, two.mean_w)


def test_stylegan_stored_average_is_used():
    prior = build(CONFIGS['stylegan3-w+'])
    prior.generator.style_mapping.w_avg.fill_(0.25)
    prior._update_mean_w()
    assert torch.equal(prior.mean_w, torch.full((16,), 0.25))


def test_stylegan_injected_noise():
    off = enliven(build(CONFIGS['stylegan2-w'], injected_noise='off'))
    stored = enliven(build(CONFIGS['stylegan2-w'], injected_noise='stored'))
    latents = latents_of(off, 1)
    assert not torch.allclose(off(latents), stored(latents))
    with torch.no_grad():
        for name, p in stored.named_parameters():
            if 'noise_injector' in name:
                p.zero_()
    assert torch.allclose(off(latents), stored(latents), atol=1e-6)


def test_stylegan2_rgb_output():
    generator_config = dict(CONFIGS['stylegan2-w']['generator'], bgr2rgb=True)
    rgb = build(CONFIGS['stylegan2-w'], generator=generator_config)
    bgr = build(CONFIGS['stylegan2-w'])
    assert (rgb.channel_order, bgr.channel_order) == ('rgb', 'bgr')
    latents = latents_of(rgb, 1)
    assert torch.equal(rgb(latents), bgr(latents))


@pytest.mark.parametrize(
    'changes', [dict(latent_space='v'), dict(w_init='zero'), dict(injected_noise='on')]
)
def test_stylegan_bad_options(changes):
    with pytest.raises(UserError, match=next(iter(changes))):
        build(CONFIGS['stylegan2-w'], **changes)


def test_conditional_stylegan_is_refused():
    conditional = dict(CONFIGS['stylegan2-w']['generator'], cond_size=3)
    with pytest.raises(UserError, match='cond_size'):
        build(CONFIGS['stylegan2-w'], generator=conditional)
