"""Correlation of φ with noise and prior: known answers, through the command line."""

from __future__ import annotations

import csv
import functools

import cv2
import numpy as np
import pytest

from mmgenprior.editors.bigprior.analysis import analyze, plot
from mmgenprior.utils.errors import UserError

from .conftest import ROOT

# φ follows the noise but for the last two images, and falls as the prior gets better.
SIGMA = [5.0, 10.0, 20.0, 40.0, 30.0]
PHI = [0.1, 0.2, 0.4, 0.6, 0.7]
PSNR = [30.0, 28.0, 27.0, 22.0, 18.0]


@pytest.fixture
def analyse(call):
    return functools.partial(call, 'analyze-phi', cwd=ROOT)


@pytest.fixture
def run(tmp_path):
    (tmp_path / 'phi').mkdir()
    for i, phi in enumerate(PHI):
        np.save(tmp_path / 'phi' / f'{i}.npy', np.full((3, 4, 4), phi, np.float32))
    with open(tmp_path / 'per_image.csv', 'w', newline='') as file:
        writer = csv.DictWriter(file, ['key', 'PSNR', 'Sigma', 'IAGAN/PSNR'])
        writer.writeheader()
        for i, (sigma, psnr) in enumerate(zip(SIGMA, PSNR)):
            writer.writerow({'key': i, 'PSNR': 1, 'Sigma': sigma, 'IAGAN/PSNR': psnr})
    return tmp_path


def test_correlates_what_a_run_left(run, analyse):
    done = analyse(run, '--prior', 'IAGAN')
    assert done.returncode == 0, done.stderr
    for name, values in (('sigma', SIGMA), ('prior_psnr', PSNR)):
        r = np.corrcoef(PHI, values)[0, 1]
        assert f'r(mean_phi, {name}) = {r:.3f} over 5 images' in done.stdout
    with open(run / 'phi.csv') as file:
        rows = list(csv.DictReader(file))
    assert [float(row['sigma']) for row in rows] == SIGMA
    np.testing.assert_allclose([float(row['mean_phi']) for row in rows], PHI, rtol=1e-6)
    height, width = cv2.imread(str(run / 'phi.png')).shape[:2]
    assert width > 2 * height


def test_noise_of_stored_inversions(run, tmp_path):
    store = tmp_path / 'store'
    random = np.random.default_rng(0)
    for role in ('gt', 'input'):
        (store / role).mkdir(parents=True)
    for i, sigma in enumerate(SIGMA):
        truth = np.full((64, 64, 3), 128, np.uint8)
        cv2.imwrite(str(store / 'gt' / f'{i}.png'), truth)
        noisy = 128 / 255 + random.normal(0, sigma / 255, (3, 64, 64))
        np.save(store / 'input' / f'{i}.npy', noisy.astype(np.float32))
    table, _ = analyze(run, inversions=store)
    np.testing.assert_allclose([row['sigma'] for row in table], SIGMA, rtol=0.05)
    # Without arrays the pictures tell.
    for i, sigma in enumerate(SIGMA):
        (store / 'input' / f'{i}.npy').unlink()
        level = np.full((64, 64), 128 + round(sigma), np.uint8)
        cv2.imwrite(str(store / 'input' / f'{i}.png'), level)
    table, _ = analyze(run, inversions=store)
    np.testing.assert_allclose([row['sigma'] for row in table], SIGMA, rtol=1e-6)


def test_what_is_missing_is_named(run, tmp_path, analyse):
    (run / 'phi' / '3.npy').unlink()
    with pytest.raises(UserError, match='3.npy is missing: run with'):
        analyze(run)
    with pytest.raises(UserError, match='gt.0.png: no such image file: give --inversions'):
        analyze(run, inversions=tmp_path)
    done = analyse(tmp_path / 'phi')
    assert done.returncode == 1 and 'per_image.csv is missing' in done.stderr
    assert 'Traceback' not in done.stderr


def test_damaged_maps_are_named(run, analyse):
    path = run / 'phi' / '2.npy'
    path.write_bytes(path.read_bytes()[:-5])
    done = analyse(run)
    assert done.returncode == 1 and 'phi/2.npy: the header of' in done.stderr
    assert 'Traceback' not in done.stderr


def columns(run, *names):
    with open(run / 'per_image.csv', 'w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['key', 'Sigma', *(f'{name}/PSNR' for name in names)])
        writer.writerows([i, s, *[p] * len(names)] for i, (s, p) in enumerate(zip(SIGMA, PSNR)))


def test_which_variant_is_the_prior(run, analyse):
    done = analyse(run, '--prior', 'nonsense')
    assert done.returncode == 1 and "'nonsense': give --prior one of IAGAN\n" in done.stderr
    expected = analyze(run, 'IAGAN')[1]
    assert len(expected) == 2
    # The only one there is, or the one of that name.
    for names in (['IAGAN'], ['measurement', 'IAGAN', 'BIGPrior'], ['DIP', 'prior']):
        columns(run, *names)
        assert analyze(run)[1] == expected
    columns(run, 'measurement', 'mGANprior', 'mGANprior-Y', 'BIGPrior')
    with pytest.raises(UserError, match='which variant .* one of mGANprior, mGANprior-Y$'):
        analyze(run)
    # Without ground truth the noise is left.
    columns(run)
    assert list(analyze(run)[1]) == ['r(mean_phi, sigma)']
    with pytest.raises(UserError, match='one of none .it needs ground truth'):
        analyze(run, 'prior')


def test_what_does_not_vary_has_no_correlation(run):
    for i in range(5):
        np.save(run / 'phi' / f'{i}.npy', np.full((3, 4, 4), 0.1, np.float32))
    table, correlations = analyze(run, 'IAGAN')
    assert len(table) == 5 and correlations == {}
    plot(run / 'empty.png', table, correlations)
