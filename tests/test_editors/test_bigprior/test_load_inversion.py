"""Stored inversions: pictures, arrays, and what does not fit."""

import cv2
import numpy as np
import pytest

import mmgenprior  # noqa: F401  (before mmagic)

# isort: split
from mmengine.logging import MMLogger

from mmgenprior.datasets import RestorationDataset
from mmgenprior.editors.bigprior import LoadInversion
from mmgenprior.utils.errors import UserError


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    for role in ('gt', 'input', 'prior'):
        (tmp_path / role).mkdir()
        for name in range(12):
            shape = (8, 6) if role == 'input' else (8, 6, 3)
            picture = random.integers(0, 256, shape, dtype=np.uint8)
            cv2.imwrite(str(tmp_path / role / f'{name}.png'), picture)
    return tmp_path


def dataset(folder, roles=('gt', 'input', 'prior'), **options):
    pipeline = [options.pop('load', LoadInversion())]
    prefix = {role: role for role in roles}
    return RestorationDataset(
        data_root=str(folder), data_prefix=prefix, pipeline=pipeline, **options
    )


def test_the_three_pictures_of_a_sample(folder):
    sample = dataset(folder)[10]
    assert sample['key'] == '10'
    for role, name in (('gt', 'gt'), ('prior', 'prior'), ('input', 'img')):
        picture = cv2.imread(str(folder / role / '10.png'))
        assert sample[name].dtype == np.float32
        assert np.array_equal(sample[name], picture)


def test_ground_truth_is_optional(folder):
    assert 'gt' not in dataset(folder, ('input', 'prior'))[0]


@pytest.mark.parametrize('arrays', [False, True])
def test_a_grey_measurement_is_told_from_a_colour_one(folder, arrays):
    for name in range(12):
        np.save(folder / 'input' / f'{name}.npy', np.zeros((3, 8, 6), np.float32))
    cv2.imwrite(str(folder / 'input' / '1.png'), np.zeros((8, 6, 3), np.uint8))
    data = dataset(folder, load=LoadInversion(arrays=arrays))
    assert [data[i]['img_color_type'] for i in (0, 1)] == ['grayscale', 'color']


def test_arrays_are_read_where_they_are_asked_for(folder, monkeypatch):
    import mmgenprior.editors.bigprior.load_inversion as module

    said = []
    monkeypatch.setattr(module, 'print_log', lambda text, **_: said.append(text))
    array = np.random.default_rng(1).normal(size=(3, 8, 6)).astype(np.float32)
    data = dataset(folder, load=LoadInversion(arrays=True))
    assert np.array_equal(data[3]['img'], dataset(folder)[3]['img']) and data[4] is not None
    (line,) = said  # once
    assert '3.png has no array beside it' in line and 'tools/invert.py --arrays' in line
    np.save(folder / 'input' / '3.npy', array)
    sample = dataset(folder, load=LoadInversion(arrays=True))[3]
    np.testing.assert_allclose(sample['img'][..., ::-1].transpose(2, 0, 1) / 255, array, rtol=1e-6)
    assert sample['img'].min() < 0
    assert np.array_equal(sample['prior'], cv2.imread(str(folder / 'prior' / '3.png')))
    assert dataset(folder)[3]['img'].min() >= 0
    (folder / 'input' / '3.npy').write_bytes(b'none')
    with pytest.raises(UserError, match='3.npy: not a plain NumPy file.*: store this'):
        dataset(folder, load=LoadInversion(arrays=True))[3]


def test_pictures_of_different_size(folder):
    cv2.imwrite(str(folder / 'prior' / '2.png'), np.zeros((4, 6, 3), np.uint8))
    with pytest.raises(UserError, match=r'2.png is 6×4, but 2 is 6×8 .*: store this'):
        dataset(folder)[2]


def test_a_damaged_picture(folder):
    path = folder / 'prior' / '2.png'
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(UserError, match=r'prior.2.png: .*: store this inversion again'):
        dataset(folder)[2]


def test_what_has_no_ground_truth_is_told(folder, caplog):
    dataset(folder)
    assert not caplog.records
    for name in (11, 4):
        (folder / 'gt' / f'{name}.png').unlink()
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    try:
        assert len(dataset(folder)) == 10
        assert len(dataset(folder, ('input', 'prior'))) == 12
    finally:
        logger.removeHandler(caplog.handler)
    (line,) = [r.getMessage() for r in caplog.records]
    assert (
        line.startswith('2 pictures in ') and 'left out, 4 the first: there is no gt file' in line
    )
    (folder / 'prior' / '2.png').unlink()
    with pytest.raises(UserError, match='no prior file in .*first is 2: add the files, or'):
        dataset(folder)


@pytest.mark.parametrize(
    ('indices', 'keys'),
    [(3, '0 1 2'), (-2, '10 11'), (12, None), (50, None), (-50, None), ([5, 1], '5 1')],
)
def test_first_last_and_all_where_there_are_fewer(folder, indices, keys):
    data = dataset(folder, indices=indices)
    found = [data.get_data_info(i)['key'] for i in range(len(data))]
    assert found == (keys.split() if keys else [str(k) for k in range(12)])
