"""The editors' parity presets against the official IAGAN code, in float64."""

import numpy as np
import pytest
import torch

from mmgenprior.degradations import get_degradation
from mmgenprior.editors import IAGAN
from mmgenprior.inversion import GivenStart
from mmgenprior.structures import MeasurementBatch

DEGRADATION = dict(
    physics=dict(type='BicubicDownsampling', factor=4, pseudo_inverse='bicubic'), centre=0.5
)


@pytest.fixture(scope='module')
def golden(shared):
    return np.load(shared('golden', 'iagan_loop', 'loop_f64.npz'))


@pytest.fixture(scope='module')
def generator(shared):
    from mmgenprior.priors import BEGANGenerator

    weights = np.load(shared('golden', 'iagan_loop', 'weights_began.npz'))
    module = BEGANGenerator(64)
    module.load_state_dict({k: torch.from_numpy(weights[k]) for k in weights.files}, strict=True)
    return module


def restore(generator, golden, name, z_init, csgm_iterations, adapt_iterations):
    """The official loop as our parity preset; everything in [-1, 1] on return."""
    restarts = len(z_init)
    editor = IAGAN(
        dict(type='BEGANPrior', generator=generator),
        stages=[
            dict(name='CSGM', iterations=csgm_iterations),
            dict(name='IAGAN', iterations=adapt_iterations),
        ],
        back_projection=True,
        parity=True,
        start=GivenStart({'z': torch.from_numpy(z_init)}, restarts),
    ).double()
    # Half of the official [-1, 1] measurement is the measurement of the centred [0, 1] image.
    y = torch.from_numpy(golden[f'{name}_y']) / 2
    results = []
    editor.inversion.register_forward_hook(lambda _, given, result: results.append(result))
    with torch.enable_grad():
        batch = MeasurementBatch(y, get_degradation(DEGRADATION), (3, 64, 64), [name])
        images = editor.restore(batch)
    (result,) = results
    return result, {k: (v * 2 - 1).detach().numpy() for k, v in images.variants.items()}


# Every target takes the same path; one of them in float64 is enough for the fast tests.
@pytest.mark.parametrize('target', [0, *(pytest.param(t, marks=pytest.mark.slow) for t in (1, 2))])
def test_traces_and_images_equal_the_official_loop(generator, golden, target):
    name = f't{target}'
    if f'{name}_y' not in golden:
        pytest.skip(f'this copy of the reference data holds no target {target}')
    result, images = restore(
        generator, golden, name, golden['z_init'][target : target + 1].astype('f8'), 100, 50
    )
    csgm, iagan = result.stages['CSGM'], result.stages['IAGAN']
    np.testing.assert_allclose(csgm.trace[:, 0], golden[f'{name}_csgm_loss'], rtol=1e-9)
    np.testing.assert_allclose(iagan.trace[:, 0], golden[f'{name}_ia_loss'], rtol=1e-9)
    np.testing.assert_allclose(csgm.latents['z'], golden[f'{name}_z_hat'], atol=1e-9)
    np.testing.assert_allclose(iagan.latents['z'], golden[f'{name}_z_after_ia'], atol=1e-9)
    for ours, theirs in {
        'CSGM': 'I_csgm',
        'CSGM-BP': 'I_csgm_bp',
        'IAGAN': 'I_ia',
        'IAGAN-BP': 'I_ia_bp',
    }.items():
        np.testing.assert_allclose(images[ours], golden[f'{name}_{theirs}'], atol=1e-6)


def test_restarts_pick_the_official_winner(generator, golden):
    result, images = restore(generator, golden, 'multi', golden['z_init'].astype('f8'), 40, 5)
    np.testing.assert_allclose(
        result.restart_objectives.flatten(), golden['multi_csgm_loss'][39::40], rtol=1e-9
    )
    np.testing.assert_allclose(result.stages['CSGM'].latents['z'], golden['multi_z_hat'], atol=1e-9)
    np.testing.assert_allclose(
        result.stages['IAGAN'].trace[:, 0], golden['multi_ia_loss'], rtol=1e-9
    )
    np.testing.assert_allclose(images['IAGAN-BP'], golden['multi_I_ia_bp'], atol=1e-6)
