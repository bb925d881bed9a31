"""mGANprior's parity preset against the official code, in float64."""

import numpy as np
import pytest
import torch

from mmgenprior.converters import convert_pggan_genforce
from mmgenprior.degradations import get_degradation
from mmgenprior.editors import MGANPrior
from mmgenprior.inversion import GivenStart
from mmgenprior.postprocess import LuminanceTransfer
from mmgenprior.priors import MultiCodePrior, PGGANPrior
from mmgenprior.structures import MeasurementBatch

GREY = (0.299, 0.587, 0.114)
TASKS = {
    'rec': dict(type='Identity'),
    'rec_adam': dict(type='Identity'),
    'col': dict(type='Luminance', weights=GREY),
    'inp': dict(type='BoxMask', size=16),
    'sr4': dict(type='BilinearDownsampling', factor=4),
}
# All take the same path; three of them are enough for the fast tests.
RUNS = [
    ('L4_N20', 'col'),
    ('L4_N20', 'rec_adam'),
    ('L6_N5', 'inp'),
    *(
        pytest.param(*run, marks=pytest.mark.slow)
        for run in (('L4_N20', 'rec'), ('L4_N20', 'inp'), ('L6_N5', 'rec'), ('L6_N5', 'col'))
    ),
]


@pytest.fixture(scope='module')
def golden(shared):
    return np.load(shared('golden', 'mgan_loop', 'loop_f64.npz'))


@pytest.fixture(scope='module')
def single(golden):
    """The official generator, converted from float64."""
    official = {
        key[3:]: torch.from_numpy(golden[key]).double()
        for key in golden.files
        if key.startswith('sd/')
    }
    converted = convert_pggan_genforce(official)
    config = {k: v for k, v in converted.config.items() if k != 'type'}
    prior = PGGANPrior(**config).double()
    prior.generator.load_state_dict(converted.state, strict=True)
    return prior


def sizes(run):
    layer, codes = run.split('_')
    return int(layer[1:]), int(codes[1:])


def start(golden, codes):
    z = torch.from_numpy(golden['z']).double()[:, :codes]
    return z, torch.from_numpy(golden[f'alpha_init_N{codes}']).double().view(1, codes, -1)


@pytest.mark.parametrize('run', ['L4_N20', 'L6_N5'])
def test_composition_equals_the_official_generator(golden, single, run):
    layer, codes = sizes(run)
    if f'{run}_forward0' not in golden:
        pytest.skip(f'this copy of the reference data holds no run {run}')
    prior = MultiCodePrior(single, layer, codes, averaged=True)
    z, alpha = start(golden, codes)
    drawn = prior.sample_latents(torch.Generator())['alpha']
    np.testing.assert_allclose(drawn, alpha[0], rtol=1e-7)
    random = torch.from_numpy(golden[f'{run}_alpha_rand']).double().view_as(alpha)
    for weights, name in ((alpha, 'forward0'), (random, 'forward_alpha_rand')):
        image = prior({'z': z, 'alpha': weights}) * 2 - 1
        np.testing.assert_allclose(image, golden[f'{run}_{name}'], atol=1e-6)


def search(golden, single, run, task, iterations=50):
    """The official loop as our parity preset."""
    layer, codes = sizes(run)
    z, alpha = start(golden, codes)
    how = dict(optimizer=dict(type='Adam'), latent_lr=0.05) if task == 'rec_adam' else {}
    editor = MGANPrior(
        single,
        layer=layer,
        codes=codes,
        stages=[dict(iterations=iterations, **how)],
        parity=True,
        luminance_transfer=task == 'col',
        start=GivenStart({'z': z, 'alpha': alpha}),
    ).double()
    degradation = get_degradation(dict(physics=TASKS[task], centre=0.5))
    levels = torch.from_numpy(golden['target_u8'].astype('f4') / np.float32(255)).double()
    image = levels.reshape(1, 64, 64, 3).permute(0, 3, 1, 2)
    y = degradation.bind({}, (3, 64, 64)).predict(image)
    batch = MeasurementBatch(y, degradation, (3, 64, 64), [task])
    with torch.enable_grad():
        return batch, editor.inversion(batch).final


@pytest.mark.parametrize(('run', 'task'), RUNS)
def test_traces_latents_and_images_equal_the_official_loop(golden, single, run, task):
    name = f'{run}_{task}'
    if f'{name}_loss' not in golden:
        pytest.skip(f'this copy of the reference data holds no run {name}')
    batch, final = search(golden, single, run, task)
    np.testing.assert_allclose(final.trace[:, 0], golden[f'{name}_loss'], rtol=1e-7)
    for ours, theirs in (('z', 'z50'), ('alpha', 'alpha50')):
        expected = golden[f'{name}_{theirs}'].reshape(final.latents[ours].shape)
        error = np.abs(final.latents[ours].numpy() - expected).max()
        assert error < 1e-7 * np.abs(expected).max(), ours
    image = final.image * 2 - 1
    np.testing.assert_allclose(image.abs().sum(), golden[f'{name}_out_absum'], rtol=1e-7)
    if f'{name}_out' in golden:
        np.testing.assert_allclose(image, golden[f'{name}_out'], atol=1e-6)
    if f'{name}_final_u8' in golden:
        merged = LuminanceTransfer(eight_bit=True)(final.image, batch.y, batch.bound())
        levels = (merged[0] * 255).round().permute(1, 2, 0).numpy()
        error = np.abs(levels - np.squeeze(golden[f'{name}_final_u8']).astype(float))
        # Pillow's Y of the ground truth is one level beside the luminance in a few pixels.
        assert error.max() <= 1 and (error > 0).mean() < 0.01


def test_super_resolution_begins_as_the_official_loop(golden, single):
    """Of ÷4 only the float32 trace is stored, and that is chaotic after some six iterations."""
    if 'f32_L4_N20_sr4_loss' not in golden:
        pytest.skip('this copy of the reference data holds no super-resolution')
    _, final = search(golden, single, 'L4_N20', 'sr4', iterations=6)
    expected = golden['f32_L4_N20_sr4_loss'][:6]
    np.testing.assert_allclose(final.trace[:, 0], expected, rtol=1e-5)


def test_first_update_equals_the_official_one(golden, single):
    for task in ('rec', 'inp'):
        latents = search(golden, single, 'L4_N20', task, iterations=1)[1].latents
        for ours, theirs in (('z', 'z1'), ('alpha', 'alpha1')):
            expected = golden[f'L4_N20_{task}_{theirs}'].reshape(latents[ours].shape)
            np.testing.assert_allclose(latents[ours], expected, rtol=1e-9, atol=1e-12)
