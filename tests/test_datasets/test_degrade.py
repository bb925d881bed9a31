from __future__ import annotations

import copy
import pickle

import cv2
import numpy as np
import pytest
import torch
from mmagic.registry import TRANSFORMS
from mmengine.config import ConfigDict

import mmgenprior.datasets  # noqa: F401
from mmgenprior.datasets.visits import VisitedIndex
from mmgenprior.degradations import get_degradation
from mmgenprior.utils.errors import UserError

SR4 = dict(physics=dict(type='BicubicDownsampling', factor=4), centre=0.5)
NOISE = dict(type='GaussianNoise', sigma=10 / 255)
NOISY = dict(SR4, noise=NOISE)
BLIND = dict(physics=dict(type='Identity'), noise=dict(type='GaussianNoise', sigma=[0.02, 0.2]))
GREY = dict(physics=dict(type='Luminance'))
HOLE = dict(physics=dict(type='BoxMask', size=4), centre=0.5)
FILE = dict(physics=dict(type='FileMask'), centre=0.5)
BOXES = dict(physics=dict(type='RandomBoxesMask', side_mean=5, side_std=1, min_side=2), centre=0.5)


def degrade(degradation, results, **kwargs):
    return TRANSFORMS.build(dict(type='Degrade', degradation=degradation, **kwargs))(
        copy.deepcopy(results)
    )


def load(degradation, results, **kwargs):
    return TRANSFORMS.build(dict(type='LoadMeasurement', degradation=degradation, **kwargs))(
        dict(results)
    )


def image01(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(picture[..., ::-1].transpose(2, 0, 1).copy()).float() / 255


@pytest.fixture
def sample(photo):
    return dict(gt=photo(), key='faces/a', gt_path='elsewhere/b.png')


class TestDegrade:
    def test_measurement_is_the_operator_applied(self, sample):
        result = degrade(SR4, sample)
        measurement = result['measurement']
        x = image01(sample['gt'])
        expected = get_degradation(SR4).forward_operator(x[None])[0]
        torch.testing.assert_close(measurement.y, expected)
        assert measurement.image_shape == (3, 16, 16)
        assert measurement.key == 'faces/a'
        picture = result['img']
        assert picture.shape == (4, 4, 3)
        assert picture.dtype == np.float32
        expected_picture = (expected + 0.5).clamp(0, 1).flip(0).permute(1, 2, 0) * 255
        np.testing.assert_allclose(picture, expected_picture.numpy(), atol=1e-3)
        np.testing.assert_array_equal(result['gt'], sample['gt'])

    def test_randomness_is_the_samples_own(self, sample):
        first, again = degrade(NOISY, sample), degrade(NOISY, sample)
        assert torch.equal(first['measurement'].y, again['measurement'].y)
        torch.manual_seed(123)
        assert torch.equal(first['measurement'].y, degrade(NOISY, sample)['measurement'].y)
        other = degrade(NOISY, dict(sample, key='faces/b'))['measurement'].y
        seeded = degrade(NOISY, sample, seed=1)['measurement'].y
        assert not torch.equal(first['measurement'].y, other)
        assert not torch.equal(first['measurement'].y, seeded)
        index = degrade(NOISY, dict(sample, sample_idx=7))['measurement'].y
        assert torch.equal(first['measurement'].y, index)

    def test_noise_has_its_size(self, photo):
        sample = dict(gt=photo(256, 256), key='a')
        clean, noisy = (degrade(d, sample)['measurement'].y for d in (SR4, NOISY))
        assert (noisy - clean).std().item() == pytest.approx(10 / 255, rel=0.03)

    def test_key_falls_back_to_the_file_name(self, sample):
        del sample['key']
        assert degrade(SR4, sample)['measurement'].key == 'b'
        del sample['gt_path']
        with pytest.raises(UserError, match='name it'):
            degrade(SR4, sample)

    def test_parameters_travel_without_batch_dimension(self, sample):
        blind = degrade(BLIND, sample)['measurement'].params['sigma']
        assert blind.shape == ()
        assert 0.02 <= blind <= 0.2
        mask = degrade(BOXES, sample)['measurement'].params['mask']
        assert mask.shape == (1, 16, 16)
        assert set(mask.unique().tolist()) == {0.0, 1.0}

    def test_mask_file(self, tmp_path, sample):
        mask = np.full((16, 16), 255, np.uint8)
        mask[:4] = 0
        cv2.imwrite(str(tmp_path / 'm.png'), mask)
        results = dict(sample, mask_path=str(tmp_path / 'm.png'))
        measurement = degrade(FILE, results)['measurement']
        x = image01(sample['gt']) - 0.5
        torch.testing.assert_close(measurement.y[:, 4:], x[:, 4:])
        assert (measurement.y[:, :4] == 0).all()
        inverted = degrade(FILE, results, invert_mask=True)['measurement']
        assert torch.equal(inverted.params['mask'], 1 - measurement.params['mask'])
        with pytest.raises(UserError, match='needs mask'):
            degrade(FILE, sample)
        cv2.imwrite(str(tmp_path / 'm.png'), mask[:8])
        with pytest.raises(UserError, match='m.png: the mask is 8×16.*16×16'):
            degrade(FILE, results)

    def test_rgb_is_degraded_as_bgr_and_stays_rgb(self, sample):
        rgb = dict(sample, gt=sample['gt'][..., ::-1].copy(), gt_channel_order='rgb')
        for degradation in (NOISY, GREY, BOXES):
            as_bgr, as_rgb = degrade(degradation, sample), degrade(degradation, rgb)
            assert torch.equal(as_bgr['measurement'].y, as_rgb['measurement'].y)
            np.testing.assert_array_equal(as_bgr['img'], as_rgb['img'][..., ::-1])
            assert as_bgr['img_channel_order'] == 'bgr' and as_rgb['img_channel_order'] == 'rgb'

    def test_fresh_damage_in_every_epoch(self, sample):
        for degradation in (NOISY, BOXES):

            def at(visit, degradation=degradation, **kwargs):
                results = dict(sample, sample_idx=VisitedIndex(3, visit))
                return degrade(degradation, results, epoch_seed=True, **kwargs)['img']

            assert np.array_equal(at(0), at(0)) and np.array_equal(at((1, 0)), at((1, 0)))
            assert not np.array_equal(at(0), at(1)) and not np.array_equal(at(1), at((1, 0)))
            assert not np.array_equal(at(1), at(1, seed=1))
            # In an evaluation nothing changes, whoever counts.
            plain = degrade(degradation, dict(sample, sample_idx=VisitedIndex(3, 1)))['img']
            assert np.array_equal(plain, degrade(degradation, sample)['img'])

    def test_an_epoch_that_nobody_counts_is_said(self, sample):
        with pytest.raises(UserError, match="faces/a.*sampler=dict\\(type='EpochSampler'"):
            degrade(NOISY, dict(sample, sample_idx=3), epoch_seed=True)

    def test_unknown_order_and_broken_pictures_are_refused(self, sample):
        with pytest.raises(UserError, match="channel_order='bgr'"):
            degrade(SR4, dict(sample, gt_channel_order='hsv'))
        broken = dict(sample, gt=np.full((16, 16, 3), np.nan, np.float32))
        with pytest.raises(UserError, match='faces/a'):
            degrade(SR4, broken)

    def test_wrong_degradation_fails_when_built(self):
        with pytest.raises(UserError, match='BicubicDownsamplin'):
            degrade(dict(physics=dict(type='BicubicDownsamplin', factor=4)), {})

    def test_survives_packing_and_pickling(self, sample):
        sample.update(degrade(ConfigDict(SR4), sample))
        packed = TRANSFORMS.build(
            dict(type='mmagic.PackInputs', keys=['img'], meta_keys=['measurement', 'key'])
        )(sample)
        packed = pickle.loads(pickle.dumps(packed))
        measurement = packed['data_samples'].metainfo['measurement']
        assert type(measurement.degradation) is dict
        assert type(measurement.degradation['physics']) is dict
        assert packed['data_samples'].metainfo['key'] == 'faces/a'
        assert tuple(packed['inputs'].shape) == (3, 4, 4)
        assert tuple(packed['data_samples'].gt_img.shape) == (3, 16, 16)


class TestLoadMeasurement:
    @pytest.fixture
    def measured(self, tmp_path, photo):
        cv2.imwrite(str(tmp_path / 'a.png'), photo(4, 4))
        return dict(img_path=str(tmp_path / 'a.png')), photo(4, 4)

    def test_picture_becomes_the_measurement(self, measured):
        results, picture = measured
        loaded = load(SR4, results, image_shape=(3, 16, 16))
        torch.testing.assert_close(loaded['measurement'].y, image01(picture) - 0.5)
        np.testing.assert_allclose(loaded['img'], picture, atol=1e-3)
        assert loaded['measurement'].key == 'a'
        assert loaded['measurement'].image_shape == (3, 16, 16)
        assert 'gt' not in loaded

    def test_size_is_inferred_or_checked(self, measured):
        results, _ = measured
        assert load(SR4, results)['measurement'].image_shape == (3, 16, 16)
        assert load(HOLE, results | {}, image_shape=None)['measurement'].image_shape == (3, 4, 4)
        with pytest.raises(UserError, match=r'a\.png: the measurement is 3×4×4.*3×8×8.*3×32×32'):
            load(SR4, results, image_shape=(3, 32, 32))

    def test_grey_and_colour_files_for_luminance(self, tmp_path, photo):
        cv2.imwrite(str(tmp_path / 'colour.png'), photo())
        cv2.imwrite(str(tmp_path / 'grey.png'), photo()[..., 0])
        colour = load(GREY, dict(img_path=str(tmp_path / 'colour.png')))['measurement']
        weights = torch.tensor([0.2989, 0.5870, 0.1140]).view(3, 1, 1)
        torch.testing.assert_close(
            colour.y, (weights * image01(photo())).sum(0, keepdim=True), atol=0, rtol=2e-4
        )
        grey = load(GREY, dict(img_path=str(tmp_path / 'grey.png')))['measurement']
        assert grey.y.shape == (1, 16, 16)
        value = torch.from_numpy(photo()[..., 0] / 255.0).float()
        torch.testing.assert_close(grey.y[0], value, atol=2e-4, rtol=0)

    def test_array_is_the_measurement_itself(self, tmp_path):
        y = np.linspace(-0.9, 0.9, 48, dtype=np.float32).reshape(3, 4, 4)
        np.save(tmp_path / 'a.npy', y)
        loaded = load(SR4, dict(img_path=str(tmp_path / 'a.npy')), image_shape=(3, 16, 16))
        torch.testing.assert_close(loaded['measurement'].y, torch.from_numpy(y))

    def test_degraded_array_round_trip_restores_the_same_problem(self, tmp_path, sample):
        made = degrade(NOISY, sample)['measurement']
        np.save(tmp_path / 'a.npy', made.y.numpy())
        loaded = load(NOISY, dict(img_path=str(tmp_path / 'a.npy')))['measurement']
        assert torch.equal(loaded.y, made.y)
        assert loaded.image_shape == made.image_shape
        assert torch.equal(loaded.params['sigma'], made.params['sigma'])

    def test_archive_brings_parameters(self, tmp_path, sample):
        made = degrade(BOXES, sample)['measurement']
        path = tmp_path / 'a.npz'
        np.savez(path, y=made.y.numpy(), mask=made.params['mask'].numpy())
        loaded = load(BOXES, dict(img_path=str(path)))['measurement']
        assert torch.equal(loaded.params['mask'], made.params['mask'])
        np.savez(path, y=made.y.numpy())
        with pytest.raises(UserError, match='draws mask at random'):
            load(BOXES, dict(img_path=str(path)))
        np.savez(path, measurement=made.y.numpy())
        with pytest.raises(UserError, match="no array 'y'"):
            load(BOXES, dict(img_path=str(path)))

    def test_unknown_noise_level_is_not_invented(self, measured):
        assert 'sigma' not in load(BLIND, measured[0])['measurement'].params

    def test_what_is_painted_into_a_hole_does_not_count(self, tmp_path, photo):
        damaged = photo()
        damaged[:4] = (255, 0, 255)
        mask = np.full((16, 16), 255, np.uint8)
        mask[:4] = 0
        cv2.imwrite(str(tmp_path / 'a.png'), damaged)
        cv2.imwrite(str(tmp_path / 'm.png'), mask)
        results = dict(img_path=str(tmp_path / 'a.png'), mask_path=str(tmp_path / 'm.png'))
        y = load(FILE, results)['measurement'].y
        assert (y[:, :4] == 0).all()
        torch.testing.assert_close(y[:, 4:], image01(photo())[:, 4:] - 0.5)

    @pytest.mark.parametrize('content', ['nan', 'objects', 'text', 'complex'])
    def test_bad_arrays_are_refused_by_name(self, tmp_path, content):
        path = tmp_path / 'bad.npy'
        if content == 'text':
            path.write_text('no array')
        else:
            bad = dict(
                nan=np.full((3, 4, 4), np.nan),
                objects=np.array([{}], dtype=object),
                complex=np.zeros((3, 4, 4), complex),
            )
            np.save(path, bad[content], allow_pickle=True)
        with pytest.raises(UserError, match='bad.npy'):
            load(SR4, dict(img_path=str(path)), image_shape=(3, 16, 16))
