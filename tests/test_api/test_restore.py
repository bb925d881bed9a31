"""One photo in, one photo out: what the result knows, and what it keeps."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

import mmgenprior
from mmgenprior.api.arguments import ArgumentError
from mmgenprior.api.planning import NoFaceError
from mmgenprior.utils.errors import ConfigError

from .conftest import PRIOR


@pytest.fixture(scope='module')
def repaired(face, known, quick):
    return mmgenprior.restore(face, mask=known, truth=face, film=True, **quick)


def test_the_import_is_light():
    code = (
        'import sys, mmgenprior'
        "; assert not {'torch', 'numpy', 'mmengine', 'cv2'} & set(sys.modules)"
        '; mmgenprior.list_damages(); mmgenprior.list_methods(); mmgenprior.list_priors()'
        "; assert 'torch' not in sys.modules; assert 'restore' in dir(mmgenprior)"
    )
    subprocess.run([sys.executable, '-c', code], check=True)


def test_what_a_result_knows(repaired, face):
    assert isinstance(repaired.image, Image.Image) and repaired.image.size == (64, 64)
    assert repaired.tensor.shape == (3, 64, 64) and repaired.tensor.dtype == torch.float32
    for picture in (repaired.pixels, repaired.mean, repaired.sample):
        assert picture.shape == (64, 64, 3)
    for values in (repaired.std, repaired.hallucination):
        assert values.shape == (64, 64)
    assert repaired.metrics['PSNR'] > 10 and 0 < repaired.metrics['SSIM'] <= 1
    # Two iterations of the descent, one of Levenberg-Marquardt.
    assert repaired.trace.shape == (3,) and repaired.film.shape[1:] == (3, 64, 64)
    assert repaired.settings['damage'] == 'hole' and repaired.seconds > 0
    assert repaired.assumed == ('hole: the mask, 9.4% of the picture',)
    assert repaired._repr_png_().startswith(b'\x89PNG') and '<img' in repaired._repr_html_()
    assert 'PSNR' in repr(repaired)


def test_what_is_known_is_kept(repaired, face, known):
    assert repaired.consistency.rms < 1e-7 and repaired.consistency.allowed == 0
    assert np.array_equal(np.asarray(repaired.image)[known], face[known])
    assert repaired.hallucination[known].max() == 0 and repaired.std[known].max() < 1e-6
    assert (repaired.hallucination[~known] == 1).all() and (repaired.std[~known] > 0).all()


def test_files(repaired, tmp_path):
    paths = repaired.save(tmp_path / 'new')
    assert {'restored', 'sheet', 'report', 'std', 'hallucination', 'sample', 'film'} <= set(paths)
    assert np.array_equal(np.asarray(Image.open(paths['restored'])), np.asarray(repaired.image))
    assert Image.open(paths['film']).n_frames > 5
    report = json.loads(paths['report'].read_text())
    assert report['settings']['prior'] == 'dcgan_toyfaces' and report['metrics'] == repaired.metrics


def test_the_seed_and_nothing_else_decides(repaired, face, known, quick):
    again = mmgenprior.restore([face, face], mask=known, **quick)
    for result in again:
        assert np.array_equal(result.pixels, repaired.pixels)
    other = mmgenprior.restore(face, mask=known, seed=1, **quick)
    assert not np.array_equal(other.sample, repaired.sample)


@pytest.mark.parametrize('damage', ['grey', 'sr4', 'grey+hole'])
def test_exact_measurements_stay_exact(face, known, quick, damage):
    given = {'sr4': face[::4, ::4]}.get(damage, face.mean(2).round().astype(np.uint8))
    mask = known if 'hole' in damage else None
    result = mmgenprior.restore(given, damage, mask=mask, **quick)
    assert result.image.size == (64, 64)
    assert result.consistency.rms < 1e-6, result.consistency


@pytest.mark.parametrize('damage', ['noise:20', 'blur:1.5', 'jpeg:20', 'quantized:6'])
def test_other_damages_run_and_tell_what_is_allowed(face, quick, damage):
    result = mmgenprior.restore(face, damage, **quick)
    assert np.isfinite(result.pixels).all() and result.consistency.allowed > 0


def test_a_blur_by_a_kernel(face, quick, tmp_path):
    shake = np.diag([1.0, 6.0, 2.0])
    np.save(tmp_path / 'shake.npy', shake)
    blurred = mmgenprior.restore(face, f'blur:{tmp_path / "shake.npy"}', **quick)
    assert blurred.settings['damage'] == 'blur:shake.npy' and blurred.consistency.allowed > 0
    photo = np.asarray(Image.fromarray(face).resize((150, 120), Image.BICUBIC))
    larger = mmgenprior.restore(photo, 'blur+grey', kernel=shake, as_is=True, **quick)
    assert larger.settings['damage'].startswith('blur:3×3-')
    assert larger.image.size == (150, 120) and np.isfinite(larger.pixels).all()
    with pytest.raises(ArgumentError, match='how was it blurred'):
        mmgenprior.restore(face, 'blur', **quick)


def test_a_larger_photo_changes_in_its_square_alone(face, quick):
    photo = np.asarray(Image.fromarray(face).resize((160, 160), Image.BICUBIC))
    photo = np.pad(photo, ((20, 20), (100, 60), (0, 0)), mode='reflect')
    mask = np.ones(photo.shape[:2], bool)
    mask[90:120, 150:190] = False
    mask[5:9, 5:9] = False
    result = mmgenprior.restore(photo, mask=mask, as_is=True, **quick)
    assert result.image.size == (320, 200)
    pixels = np.asarray(result.image)
    assert np.array_equal(pixels[mask], photo[mask])
    inside = np.zeros_like(mask)
    inside[90:120, 150:190] = True
    assert (pixels[inside] != photo[inside]).any(1).mean() > 0.9
    assert np.array_equal(pixels[:9, :9], photo[:9, :9])
    assert any('of the hole lies outside' in line for line in result.assumed)
    assert any('the prior draws 64' in line for line in result.assumed)
    assert result.std[inside].min() > 0 and result.std[mask].max() == 0


def test_luminance_of_a_larger_photo_is_kept(face, quick):
    grey = np.asarray(Image.fromarray(face).convert('L').resize((150, 120), Image.BICUBIC))
    result = mmgenprior.restore(grey, 'grey', as_is=True, **quick)
    assert result.image.size == (150, 120) and result.consistency.rms < 1e-7
    pixels = np.asarray(result.image)
    assert np.array_equal(pixels[:, :10], np.repeat(grey[:, :10, None], 3, 2))
    assert np.ptp(pixels[40:80, 50:100].astype(int), axis=2).max() > 10  # there are colours


def test_a_small_photo_grows_exactly(face, quick):
    small = np.asarray(Image.fromarray(face).resize((24, 20), Image.BICUBIC))
    result = mmgenprior.restore(small, 'sr4', as_is=True, **quick)
    assert result.image.size == (96, 80) and result.consistency.rms < 1e-6


def test_the_deviation_knows_of_the_noise_in_finer_detail(face, quick):
    photo = np.asarray(Image.fromarray(face).resize((160, 160), Image.BICUBIC)).astype(float)
    noisy = photo + np.random.default_rng(0).normal(0, 25, photo.shape)
    noisy = np.clip(noisy, 0, 255).round().astype(np.uint8)
    result = mmgenprior.restore(noisy, 'noise:25', as_is=True, **quick)
    inside = result.std[40:120, 40:120]
    assert inside.min() > 0.3 * 25 / 255 and inside.max() < 1
    assert result.std[0, 0] == 0


def test_tiles_cover_all(face, quick):
    noise = np.random.default_rng(0).normal(0, 20, (64, 96, 3))
    noisy = np.clip(np.tile(face, (1, 2, 1))[:, :96] + noise, 0, 255).astype(np.uint8)
    result = mmgenprior.restore(noisy, 'noise:20', as_is='tile', **quick)
    assert len(result.parts) == 2 and result.image.size == (96, 64)
    assert (result.std > 0).all()


def test_a_callback_is_told_and_can_cancel(face, known, quick):
    seen = []

    def stop(stage, iteration, objective, image):
        seen.append((stage.name, iteration, tuple(image.shape)))
        if stage.name == 'latent':
            raise mmgenprior.Cancelled

    with pytest.raises(mmgenprior.Cancelled):
        mmgenprior.restore(face, mask=known, callback=stop, **quick)
    assert seen[0] == ('descent', 1, (1, 3, 64, 64)) and seen[-1][0] == 'latent'


OTHERS = dict(
    csgm=dict(stages=dict(CSGM=dict(iterations=2)), restarts=1),
    iagan=dict(stages=dict(CSGM=dict(iterations=1), IAGAN=dict(iterations=1)), restarts=1),
    mapd=dict(stages={'MAP-D': dict(iterations=2)}),
    mganprior=dict(stages=dict(mGANprior=dict(iterations=2)), codes=2),
    dgp=dict(
        stages=[dict(blocks=1, iterations=2, latent_lr=1e-3, weight_lr=1e-4)],
        candidates=dict(candidates=2),
    ),
    dip=dict(iterations=2, channels=4),
)


@pytest.mark.parametrize('method', OTHERS)
def test_other_methods(face, known, method):
    # The others bring one of their own.
    prior = PRIOR if method in ('csgm', 'iagan') else None
    result = mmgenprior.restore(
        face, mask=known, prior=prior, method=method, options=OTHERS[method], quiet=True
    )
    assert result.consistency.rms < 1e-6 and result.std is None
    assert result.settings['method'] == method
    if method != 'dip':
        assert len(result.trace) == 2


@pytest.mark.parametrize('damage', ['hole', 'grey'])
def test_the_fusion_says_its_share_of_the_prior(face, known, damage, tmp_path):
    from mmgenprior.editors.bigprior import PhiNetwork

    torch.manual_seed(0)
    network = PhiNetwork(in_channels=1 if damage == 'grey' else 3, channels=8, depth=3)
    torch.save(network.state_dict(), tmp_path / 'phi.pth')
    options = dict(checkpoint=str(tmp_path / 'phi.pth'), prior_editor=OTHERS['mganprior'])
    given = dict(mask=known) if damage == 'hole' else {}
    picture = face.mean(2).round().astype(np.uint8) if damage == 'grey' else face
    result = mmgenprior.restore(
        picture, damage, method='bigprior', options=options, quiet=True, film=True, **given
    )
    assert result.phi.shape == (64, 64) and 0 <= result.phi.min() < result.phi.max() <= 1
    assert result.hallucination is not None and len(result.trace) == 2
    assert result.consistency.rms < 1e-6 and len(result.film) > 1
    assert {'phi', 'restored'} <= set(result.save(tmp_path / 'out'))


def test_a_module_is_a_prior(face, known):
    class Tiny(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(4, 3 * 8 * 8)

        def forward(self, z):
            return self.layer(z).tanh().view(-1, 3, 8, 8)

    from mmgenprior.priors import ModulePrior

    prior = ModulePrior(Tiny(), latent_shape=4)
    options = dict(stages=dict(CSGM=dict(iterations=2)), restarts=1)
    small = face[::8, ::8].copy()
    result = mmgenprior.restore(
        small, mask=known[::8, ::8], prior=prior, method='csgm', options=options, quiet=True
    )
    assert result.image.size == (8, 8) and result.settings['prior'] == 'your prior'


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (dict(dmage='grey'), "no argument 'dmage' (did you mean damage"),
        (dict(method='gausnewton'), 'did you mean gaussnewton?'),
        (dict(prior='dcgan_toyface'), 'did you mean dcgan_toyfaces'),
        (dict(damage='gray'), 'did you mean grey?'),
        (dict(device='gpu'), "device 'gpu' is none of"),
        (dict(as_is='whole'), "no as_is 'whole'"),
        (dict(seed=-1), 'whole number from 0'),
        (dict(options=3), 'must be a dict'),
        (dict(method='bigprior'), 'needs a φ that was trained'),
        (dict(prior=5), 'neither a name, a config nor a module'),
    ],
)
def test_mistakes_are_told_at_once(face, arguments, said):
    with pytest.raises(ConfigError) as caught:
        mmgenprior.restore(face, **{'damage': 'grey', **arguments})
    assert said in str(caught.value)


def test_pictures_without_a_face(face):
    meadow = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    with pytest.raises(NoFaceError, match='--as-is'):
        mmgenprior.restore(meadow, 'grey', prior='dcgan_toyfaces', quiet=True)
    with pytest.raises(ArgumentError, match='no faces to align'):
        mmgenprior.restore(meadow, 'grey', prior='pggan_bedroom_128', quiet=True)
    with pytest.raises(ArgumentError, match='no damage shows'):
        mmgenprior.restore(face, prior='dcgan_toyfaces', quiet=True)
    with pytest.raises(ArgumentError, match='is 64×60, but the result'):
        mmgenprior.restore(face, 'grey', prior='dcgan_toyfaces', truth=face[:60], quiet=True)
