"""DGP's parts and the parity preset of the editor against the official code, in float64."""

import json

import numpy as np
import pytest
import torch
from mmagic.registry import MODELS
from small_biggan import rows

from mmgenprior import converters
from mmgenprior.degradations import get_degradation
from mmgenprior.editors.dgp import DGP
from mmgenprior.inversion import DiscriminatorFeaturesTerm, Estimate, GivenStart, generate
from mmgenprior.postprocess import merge_lab
from mmgenprior.priors.discriminators import Discriminator, block_features
from mmgenprior.structures import MeasurementBatch

SHAPE = (3, 128, 128)
SR = dict(type='PILLanczosDownsampling', factor=4, upsample='bilinear')
HALF = dict(type='PILLanczosDownsampling', factor=2, upsample='bilinear')
HOLE = dict(type='BoxMask', fraction=1 / 3)
PHYSICS = {
    'reconstruct': dict(type='Identity'),
    'colorization': dict(type='Luminance'),
    'SR': SR,
    'inpainting': HOLE,
    'hybrid': dict(type='Compose', operators=[HALF, dict(type='Luminance'), HOLE]),
}


def close(ours, theirs, rtol, scale=1.0):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= rtol * max(scale, np.abs(theirs).max())


@pytest.fixture(scope='module')
def golden(shared):
    def load(*parts):
        return np.load(shared('golden', *parts))

    return load


@pytest.fixture(scope='module')
def networks(golden):
    """The official generator and discriminator, converted, in float64."""
    file = golden('dgp', 'weights.npz')

    def part(prefix):
        return {k[2:]: torch.from_numpy(file[k]) for k in file.files if k.startswith(prefix)}

    generator = converters.convert_biggan_generator(part('G/'))
    prior = MODELS.build(dict(generator.config, spectral_norm='official'))
    prior.generator.load_state_dict(generator.state, strict=True)
    discriminator = converters.convert_biggan_discriminator(part('D/'))
    network = MODELS.build(discriminator.config)
    network.load_state_dict(discriminator.state, strict=True)
    return prior.double(), network.double().eval().requires_grad_(False)


def unsigned(u8):
    """HWC uint8 to 1×3×H×W on [0, 1], as the official float64 runs read it."""
    return torch.from_numpy(u8).permute(2, 0, 1)[None].float().div(255)


def batch_of(mode, u8):
    """The official target as a measurement; super-resolved ones are made in float32."""
    degradation = get_degradation(dict(physics=PHYSICS[mode], centre=0.5))
    image = unsigned(u8)
    image = image if mode in ('SR', 'hybrid') else image.double()
    y = degradation.bind({}, SHAPE).forward_operator(image).double()
    return MeasurementBatch(y, degradation, SHAPE, ['image'], labels=[7])


def latents(prior, z, classes):
    return {
        'z': torch.as_tensor(z).double().reshape(-1, 120),
        'class_embedding': torch.stack([prior.class_embedding(int(c)) for c in classes]),
    }


def feature_term(networks, features=None):
    prior, network = networks
    judge = Discriminator(network, channel_order=prior.channel_order, activated_last=True)
    return DiscriminatorFeaturesTerm(judge, features)


# ---- dgp: static


def test_features_and_their_distance(networks, golden):
    static, pixels = golden('dgp', 'static.npz'), golden('dgp', 'preprocess.npz')['img_u8']
    prior, network = networks
    batch = batch_of('reconstruct', pixels)
    real = batch.y * 2
    start = latents(prior, static['z'], static['y'])
    with torch.no_grad():
        image = prior({k: v[:1] for k, v in start.items()})
        fake = image * 2 - 1
        found = block_features(network, torch.cat([real, fake]), True)
    assert len(found) == int(static['n_feats'])
    for i, feature in enumerate(found):
        for row, kind in enumerate(('real', 'fake')):
            whole = f'Df_{kind}_{i}' in static
            theirs = static[f'Df_{kind}_{i}' if whole else f'Df_{kind}_{i}_sub']
            ours = feature[row : row + 1]
            close(ours if whole else ours[..., ::4, ::4], theirs, 1e-6)
    bound = batch.bound()
    for count in range(1, 9):
        term = feature_term(networks, count)
        with torch.no_grad():
            value = term(Estimate(image, bound.predict(image), start), term.prepare(batch.y, bound))
        close(value[0], static['DLoss_by_ftr_num'][count - 1], 1e-9)


def test_the_order_of_the_last_activation_matters(networks, golden):
    static, check = golden('dgp', 'static.npz'), golden('dgp', 'gradcheck.npz')
    pixels = golden('dgp', 'preprocess.npz')['img_u8']
    prior, network = networks
    batch = batch_of('reconstruct', pixels)
    image = prior({k: v[:1] for k, v in latents(prior, static['z'], static['y']).items()})
    bound = batch.bound()
    for flag, name in ((True, 'DLoss_inplace'), (False, 'DLoss_not_inplace_WRONG')):
        judge = Discriminator(network, activated_last=flag, channel_order='rgb')
        term = DiscriminatorFeaturesTerm(judge)
        value = term(Estimate(image, bound.predict(image), {}), term.prepare(batch.y, bound))
        close(value[0].detach(), check[name][-1], 1e-9)


def test_instance_norms_begin_with_the_batch_norms_statistics(networks, golden):
    static = golden('dgp', 'static.npz')
    prior, _ = networks
    start = latents(prior, static['z'], static['y'])
    first = {k: v[:1] for k, v in start.items()}
    with torch.no_grad():
        weights = prior.instance_statistics(first, {})
        close(generate(prior, first, weights) * 2 - 1, static['G_out_use_in_first'], 1e-6)
        second = {k: v[1:2] for k, v in start.items()}
        close(generate(prior, second, weights) * 2 - 1, static['G_out_use_in_second'], 1e-6)
        # Nothing of it stays in the prior.
        close(prior(start) * 2 - 1, static['G_out'], 1e-6)
    blocks = [n for n, _ in prior.blocks[1:-1]]
    for block in (0, 4):
        for norm in (1, 2):
            for ours, theirs in (('instance_scale', 'weight'), ('instance_shift', 'bias')):
                value = weights[f'generator.{blocks[block]}.bn{norm}.{ours}'][0]
                close(value, static[f'in_b{block}_in{norm}_{theirs}'], 1e-9)


# ---- dgp: gradients, groups


def our_name(official):
    """A parameter's name in MMagic, from its name in the official generator."""
    parts = official.split('.')
    if parts[0] == 'blocks':
        index, inner = int(parts[1]), int(parts[2])
        # The attention block comes behind block 3.
        parts = ['conv_blocks', str(index + inner + (index > 3)), *parts[3:]]
        layer = {'conv_sc': ['shortcut']}.get(parts[2], [parts[2]])
        plain = parts[2].startswith('bn') or parts[2] == 'gamma'
        return '.'.join([*parts[:2], *layer, *([] if plain else ['conv']), *parts[3:]])
    heads = {
        'linear': ['noise2feat'],
        'shared': ['shared_embedding'],
        'output_layer': ['output_layer'],
    }
    if parts[0] == 'output_layer':
        inner = {'gain': 'bn.weight', 'bias': 'bn.bias'}
        return f'output_layer.{inner[parts[2]] if parts[1] == "0" else "conv." + parts[2]}'
    return '.'.join([*heads[parts[0]], *parts[1:]])


def test_gradients_go_through_the_spectral_norm(networks, golden):
    check, static = golden('dgp', 'gradcheck.npz'), golden('dgp', 'static.npz')
    pixels = golden('dgp', 'preprocess.npz')['img_u8']
    prior, _ = networks
    real = unsigned(pixels).double()
    first = latents(prior, static['z'][:1], static['y'][:1])
    first = {k: v.requires_grad_(True) for k, v in first.items()}
    names = [n.removeprefix('grad/') for n in check.files if n.startswith('grad/')]
    weights = {
        f'generator.{our_name(n)}': prior.get_parameter(f'generator.{our_name(n)}')
        .detach()[None]
        .clone()
        .requires_grad_(True)
        for n in names
        if n != 'shared.weight'
    }
    error = 4 * (generate(prior, first, weights) - real).square().mean()
    close(error.detach(), check['mse'], 1e-9)
    error.backward()
    for name in names:
        ours = (
            first['class_embedding'].grad[0]
            if name == 'shared.weight'
            else weights[f'generator.{our_name(name)}'].grad[0]
        )
        theirs = check[f'grad/{name}']
        close(ours / np.abs(theirs).max(), theirs / np.abs(theirs).max(), 1e-6)


def test_blocks_are_the_official_groups(networks, shared):
    groups = json.loads(shared('golden', 'dgp', 'param_groups.json').read_text())
    prior, _ = networks
    for group, (_, names) in zip(groups['update_embed_False'], prior.block_names, strict=True):
        trained = {f'generator.{our_name(name)}' for name, wanted in group if wanted}
        assert trained == set(names)
    # With the embedding, the first group holds the table too, of which one row is a latent here.
    extra = [name for name, _ in groups['update_embed_True'][0]]
    assert set(extra) - {name for name, _ in groups['update_embed_False'][0]} == {'shared.weight'}
    assert [names for _, names in prior.apart_names] == [['generator.shared_embedding.weight']]


# ---- dgp: pre-processing, start


@pytest.mark.parametrize(
    ('mode', 'name'),
    [
        ('SR', 'pp_SR'),
        ('hybrid', 'pp_hybrid'),
        ('colorization', 'pp_colorization_gray_1ch'),
        ('inpainting', 'pp_inpainting_mask'),
    ],
)
def test_what_the_discriminator_sees(golden, mode, name):
    """The picture that is compared, of the measurement and of the estimate."""
    from mmgenprior.inversion.terms import picture_of

    arrays = golden('dgp', 'preprocess.npz')
    batch = batch_of(mode, arrays['img_u8'])
    bound = batch.bound()
    image = unsigned(arrays['img_u8']).double()
    target, own = ((2 * picture_of(v, bound) - 1).numpy() for v in (batch.y, bound.predict(image)))
    assert target.shape == own.shape == (1, *SHAPE)
    if mode in ('SR', 'hybrid'):
        last = '_1ch' if mode == 'hybrid' else ''
        channels = slice(0, 1) if mode == 'hybrid' else slice(None)
        close(target[:, channels], arrays[f'{name}_target{last}'], 1e-6)
        close(own[:, channels], arrays[f'{name}_x{last}'], 1e-6)
    elif mode == 'colorization':
        close(target[:, :1], arrays[name], 1e-6)
        assert (target == target[:, :1]).all()
    else:
        close(target, (2 * image.numpy() - 1) * arrays[name], 1e-6)


# Measuring candidates takes half a second each.
SLOW = ('colorization', 'inpainting', 'hybrid')


@pytest.mark.parametrize(
    'mode', ['reconstruct', 'SR', *(pytest.param(m, marks=pytest.mark.slow) for m in SLOW)]
)
def test_start_is_the_best_candidate(networks, golden, mode):
    """Distances, winner and its latent, in batches of six where the official code takes one."""
    chosen, pixels = golden('dgp', 'select_z.npz'), golden('dgp', 'preprocess.npz')['img_u8']
    prior, network = networks
    editor = DGP(
        prior,
        [dict(iterations=1, weight_lr=1e-4, latent_lr=1e-3)],
        network,
        candidates=dict(candidates=16, batch_size=6),
        parity=True,
    ).double()
    search = editor.inversion.start
    batch = batch_of(mode, pixels)
    cases = [(f'sel_{mode}', [7] * 16)]
    if mode == 'reconstruct':
        cases.append(('sel_reconstruct_y', chosen['ycand']))
    for name, classes in cases:
        candidates = latents(prior, 0.5 * chosen['zcand'].astype('f8'), classes)
        measured = []
        distances = type(search).distances

        def note(*args, distances=distances, measured=measured):
            measured.append(distances(search, *args))
            return measured[-1]

        search.draw = lambda *args, found=candidates: found
        search.distances = note
        start = search.start(prior, batch, 0)
        close(measured[0], chosen[f'{name}_loss'], 1e-6)
        index = int(chosen[f'{name}_idx'])
        assert torch.equal(start['z'][0], candidates['z'][index])
        close(start['z'], chosen[f'{name}_z'], 1e-7)
        wanted = prior.class_embedding(int(chosen[f'{name}_y'][0]))
        assert torch.equal(start['class_embedding'][0], wanted)


# ---- dgp_run: whole runs

SCHEDULE = dict(
    iterations=[8, 8, 8],
    features=[8, 7, 8],
    blocks=[0, 1, 2],
    lr_ratio=[0.7, 0.8, 1.0],
    d_weight=[1.0, 1.0, 0.5],
    mse_weight=[1.0, 2.0, 10.0],
    weight_lr=[2e-4, 1e-4, 5e-5],
    latent_lr=[2e-3, 1e-3, 5e-4],
)


def run_official(networks, run, mode, dtype=torch.float64, **changes):
    """The schedule of the reference runs through the parity preset."""
    prior, network = networks
    start = latents(prior, run['z0'], [7])
    editor = DGP(
        prior.to(dtype),
        rows(SCHEDULE | changes.pop('columns', {})),
        network.to(dtype),
        start=GivenStart(start),
        parity=True,
        **changes,
    ).to(dtype)
    batch = batch_of(mode, run['img_u8'])
    batch.y = batch.y.to(dtype)
    return editor, editor.inversion(batch, keep_weights=True)


RUNS = [
    ('reconstruct', False, {}),
    ('reconstruct', True, {}),
    ('colorization', False, {}),
    ('SR', False, {}),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ('mode', 'use_in', 'options'), RUNS, ids=lambda v: str(v) if isinstance(v, (str, bool)) else ''
)
def test_runs_equal_the_official_loop(networks, golden, mode, use_in, options):
    run = golden('dgp_run', 'run.npz')
    prefix = f'{mode}_in{"T" if use_in else "F"}_'
    editor, result = run_official(
        networks, run, mode, columns=dict(instance_norm=use_in), **options
    )
    trace = torch.cat([s.trace for s in result.stages.values()])[:, 0]
    tolerance = 1e-7 if mode == 'SR' else 1e-9
    np.testing.assert_allclose(trace, run[f'{prefix}total'], rtol=tolerance)
    final = result.final
    close(final.latents['z'], run[f'{prefix}z_final'], 1e-7)
    image = final.image * 2 - 1
    if f'{prefix}x_final' in run:
        close(image, run[f'{prefix}x_final'], 1e-6)
    else:
        close(image[..., ::2, ::2], run[f'{prefix}x_final_stride2'], 1e-6)
    if mode == 'colorization':
        merged = merge_lab(final.image, unsigned(run['img_u8']).double())
        close(merged * 2 - 1, run[f'{prefix}x2_final'], 1e-6)
    prior = networks[0]
    distances = dict(zip(run['state_dict_order'], run[f'{prefix}dw']))
    for name, value in final.weights.items():
        if 'instance' in name:
            continue
        official = next(k for k in distances if is_weight(k) and our_name(k) == name[10:])
        moved = (value[0] - prior.get_parameter(name)).norm()
        close(moved, distances[official], 1e-7)
    moments = final.optimizer[0]['moments']
    for row in run[f'{prefix}adam_first_param_per_group']:
        group, steps, total = int(row[0]), row[1], row[2]
        first = 'linear.weight' if group == 0 else f'blocks.{group - 1}.0.conv1.weight'
        state = moments[f'generator.{our_name(first)}']
        assert float(state['step']) == steps
        np.testing.assert_allclose(float(state['exp_avg_sq'].sum()), total, rtol=1e-6)


def is_weight(name):
    return not name.endswith(('u0', 'sv0', 'stored_mean', 'stored_var')) and '.in' not in name


@pytest.mark.slow
def test_warm_up_and_stopping_equal_the_official_loop(networks, golden):
    """Only a float32 trace is at hand; stages of 8, 2 and 1 iterations."""
    run = golden('dgp_run', 'run.npz')
    expected = run['f32_reconstruct_warm5_total']
    _, result = run_official(networks, run, 'reconstruct', warm_up=5, stop_mse=0.55)
    trace = torch.cat([s.trace for s in result.stages.values()])[:, 0]
    trace = trace[~trace.isnan()]
    assert len(trace) == len(expected) == 11
    np.testing.assert_allclose(trace[:5], expected[:5], rtol=1e-5)
    np.testing.assert_allclose(trace, expected, rtol=1e-2)


@pytest.mark.slow
def test_super_resolution_with_instance_norms_follows_the_official_trace(networks, golden):
    """Only a float32 trace is at hand, of which Adam without momentum keeps a hundredth."""
    run = golden('dgp_run', 'run.npz')
    _, result = run_official(networks, run, 'SR', columns=dict(instance_norm=True))
    trace = torch.cat([s.trace for s in result.stages.values()])[:, 0]
    np.testing.assert_allclose(trace[:5], run['f32_SR_inT_total'][:5], rtol=1e-5)
    np.testing.assert_allclose(trace, run['f32_SR_inT_total'], rtol=1e-2)
