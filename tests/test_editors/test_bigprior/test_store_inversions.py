"""Stage one of BIGPrior, and stage two's fusion of what it left."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

import mmgenprior.components  # noqa: F401  (before mmagic)

# isort: split
from mmagic.registry import DATASETS
from mmengine.registry import DefaultScope
from test_engine.conftest import make_config, run

from mmgenprior.editors.bigprior import PhiNetwork
from mmgenprior.utils.errors import UserError

LUMINANCE = dict(physics=dict(type='Luminance'), centre=0.5)
NOISY = dict(physics=dict(type='Identity'), noise=dict(type='GaussianNoise', sigma=0.5))
KEYS = ['a', 'b', 'c9', 'c10', 'sub/a']


def storing(photos, work_dir, folder, degradation=LUMINANCE, arrays=False, **options):
    config = make_config(photos, work_dir, degradation, pictures=False, **options)
    config['model'] = dict(type='PseudoInverse')
    config['custom_hooks'] = [
        dict(type='StoreInversionsHook', folder=str(folder), arrays=arrays),
    ]
    return config


def fusing(folder, work_dir, checkpoint, arrays=False):
    config = make_config(folder, work_dir, pictures=False)
    config['model'] = dict(
        type='BIGPrior', phi=dict(type='PhiNetwork'), checkpoint=str(checkpoint), clamp=False
    )
    config['test_evaluator'] = dict(
        type='RestorationEvaluator',
        metrics=[dict(type='PSNR'), dict(type='MeanPhi'), dict(type='MeanPhi', clip=True)],
        aliases={'PSNR_prior': 'prior/PSNR', 'none': 'nothing/PSNR'},
    )
    config['default_hooks']['maps'] = dict(type='MapsHook', maps=dict(phi=(0, 1)))
    dataset = config['test_dataloader']['dataset']
    dataset['data_prefix'] = dict(gt='gt', input='input', prior='prior')
    dataset['pipeline'] = [
        dict(type='LoadInversion', arrays=arrays),
        dict(type='PackInputs', keys=['img', 'prior'], meta_keys=['key']),
    ]
    return config


def dataset_of(config):
    with DefaultScope.overwrite_default_scope('mmagic'):
        return DATASETS.build(config['test_dataloader']['dataset'])


def test_stores_goes_on_and_is_fused(photos, tmp_path):
    store = tmp_path / 'store'
    run(storing(photos, tmp_path / 'run', store))
    for key in KEYS:
        grey = cv2.imread(str(store / 'input' / f'{key}.png'), cv2.IMREAD_UNCHANGED)
        truth = cv2.imread(str(store / 'gt' / f'{key}.png'))
        assert grey.shape == (32, 32)
        assert np.array_equal(truth, cv2.imread(str(photos / f'{key}.png')))
        luminance = truth.astype(float) @ (0.1140, 0.5870, 0.2989)
        # The operator acts on x − 0.5, and its weights sum to 0.9999.
        assert np.abs(grey - luminance).max() <= 0.52
        prior = cv2.imread(str(store / 'prior' / f'{key}.png'))
        restored = cv2.imread(str(tmp_path / 'run' / 'restored' / f'{key}.png'))
        assert np.array_equal(prior, restored)

    # Finished images are not restored again, but they must have been stored as they are asked for.
    def again(folder, **options):
        """Which images a second call stores again."""
        before = {key: stamp(folder, key) for key in KEYS}
        run(storing(photos, tmp_path / 'run', folder, **options))
        return [key for key in KEYS if stamp(folder, key) != before[key]]

    def stamp(folder, key):
        path = folder / 'prior' / f'{key}.png'
        return path.stat().st_mtime_ns if path.is_file() else None

    assert again(store) == []
    (store / 'prior' / 'b.png').unlink()
    (store / 'input' / 'c9.png').write_bytes(b'')
    assert again(store) == ['b', 'c9']
    assert again(tmp_path / 'other') == KEYS
    assert again(tmp_path / 'other', arrays=True) == KEYS
    assert again(tmp_path / 'other', arrays=True) == []
    assert again(store) == KEYS

    torch.manual_seed(0)
    phi = PhiNetwork(in_channels=1, channels=4, depth=3)
    torch.save(phi.state_dict(), tmp_path / 'phi.pth')
    config = fusing(store, tmp_path / 'fused', tmp_path / 'phi.pth')
    metrics = run(config)
    assert metrics['PSNR_prior'] == metrics['prior/PSNR'] != metrics['PSNR']
    assert 'none' not in metrics and 'prior/MeanPhi' not in metrics
    # Worked out once more, by hand.
    phi.eval()
    means, clipped = [], []
    for sample in dataset_of(config):
        x = sample['inputs']['img'][None, :1] / 255 - 0.5
        with torch.no_grad():
            expected = phi(x)[0]
        key = sample['data_samples'].key
        stored = np.load(tmp_path / 'fused' / 'phi' / f'{key}.npy')
        np.testing.assert_allclose(stored, expected, atol=1e-6)
        means.append(stored.mean())
        clipped.append((np.rint(stored.clip(0, 1) * 255) / 255).mean())
        picture = cv2.imread(str(tmp_path / 'fused' / 'phi' / f'{key}.png'))
        darkest, brightest = (
            np.unravel_index(f(stored.mean(0)), (32, 32)) for f in (np.argmin, np.argmax)
        )
        assert picture[brightest].sum() > picture[darkest].sum()
    assert metrics['MeanPhi'] == pytest.approx(np.mean(means), abs=1e-6)
    assert metrics['MeanPhi_8bit'] == pytest.approx(np.mean(clipped), abs=1e-4)


def test_arrays_keep_the_noise_that_pictures_clip(photos, tmp_path):
    store = tmp_path / 'store'
    config = storing(photos, tmp_path / 'run', store, NOISY, arrays=True)
    run(config)
    sample = dataset_of(config)[0]['data_samples']
    y = sample.measurement.y.numpy()
    array = np.load(store / 'input' / f'{sample.key}.npy')
    np.testing.assert_allclose(array, y, atol=1e-6)
    assert array.min() < 0 and array.max() > 1
    picture = cv2.imread(str(store / 'input' / f'{sample.key}.png'))[..., ::-1].transpose(2, 0, 1)
    assert np.array_equal(picture, np.rint(y.clip(0, 1) * 255))
    torch.save(PhiNetwork(channels=4, depth=3).state_dict(), tmp_path / 'phi.pth')
    read = dataset_of(fusing(store, tmp_path / 'fused', tmp_path / 'phi.pth', arrays=True))[0]
    np.testing.assert_allclose(read['inputs']['img'].flip(0) / 255, y, atol=1e-6)
    # A picture of another run has no array of this one beside it.
    run(storing(photos, tmp_path / 'another', store, NOISY))
    assert not list(store.rglob('*.npy'))


def test_stored_inversions_are_no_measurements_to_store(photos, tmp_path):
    run(storing(photos, tmp_path / 'run', tmp_path / 'store'))
    torch.save(PhiNetwork(1, channels=4, depth=3).state_dict(), tmp_path / 'phi.pth')
    config = fusing(tmp_path / 'store', tmp_path / 'fused', tmp_path / 'phi.pth')
    config['custom_hooks'] = [dict(type='StoreInversionsHook', folder=str(tmp_path / 'other'))]
    with pytest.raises(UserError, match="sample 'a' carries no measurement.*mganprior_"):
        run(config)
