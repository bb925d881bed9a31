from __future__ import annotations

import pytest

from mmgenprior.datasets import RestorationDataset
from mmgenprior.utils.errors import ConfigError, UserError


def listing(*args, **options) -> RestorationDataset:
    """A data set that only lists its samples."""
    return RestorationDataset(*args, pipeline=[], **options)


def keys(dataset) -> list[str]:
    return [dataset.get_data_info(i)['key'] for i in range(len(dataset))]


def test_natural_order_any_suffix_case_and_no_left_overs(folder):
    root = folder('photo10.png', 'photo2.JPG', 'Photo1.Png', '._photo2.png')
    (root / 'notes.txt').write_text('')
    assert keys(listing(str(root))) == ['Photo1', 'photo2', 'photo10']


def test_equal_names_stay_apart(folder):
    root = folder('x/a.png', 'y/a.png', 'a.png', 'a.jpg')
    found = keys(listing(str(root)))
    assert sorted(found) == ['a.jpg', 'a.png', 'x/a', 'y/a']
    assert sorted(keys(listing(str(root), recursive=False))) == ['a.jpg', 'a.png']


def test_roles_are_paired_by_name_whatever_the_suffix(folder):
    root = folder('img/b/a.jpg', 'img/c.png', 'mask/b/a.png', 'mask/c.png', 'gt/c.png')
    dataset = listing(str(root), dict(img='img', mask='mask', gt='gt'), optional=['gt'])
    first, second = (dataset.get_data_info(i) for i in range(2))
    assert first['key'] == 'b/a'
    assert first['mask_path'] == str(root / 'mask/b/a.png')
    assert 'gt_path' not in first
    assert second['gt_path'] == str(root / 'gt/c.png')
    with pytest.raises(UserError, match='1 of 2 samples have no gt file.*b/a'):
        listing(str(root), dict(img='img', gt='gt'))


def test_one_file_serves_all_samples(folder):
    root = folder('img/a.png', 'img/b.png', 'mask.png')
    dataset = listing(str(root), dict(img='img', mask='mask.png'))
    assert {dataset.get_data_info(i)['mask_path'] for i in range(2)} == {str(root / 'mask.png')}
    single = listing(str(root), dict(img='img/a.png'))
    assert keys(single) == ['a']


def test_missing_and_empty_folders_are_named_with_the_variable(folder):
    root = folder('faces/a.png')
    with pytest.raises(UserError, match=r'No folder .*nowhere.*MGP_DATA_ROOT'):
        listing(str(root), dict(gt='nowhere'))
    (root / 'empty').mkdir()
    with pytest.raises(UserError, match=r'No pictures in .*empty.*MGP_DATA_ROOT'):
        listing(str(root), dict(gt='empty'))


def test_subset(folder):
    root = folder('a.png', 'b.png', 'c.png')
    assert keys(listing(str(root), indices=2)) == ['a', 'b']
    with pytest.raises(ConfigError, match='indices: 99 is none of the'):
        listing(str(root), indices=[0, 99])


def test_label_file_chooses_the_samples_and_gives_their_classes(folder):
    root = folder('val/b.JPEG', 'val/a.JPEG', 'val/c.JPEG')
    (root / 'list.txt').write_text('a.JPEG 7\nval/c.JPEG 0\n')
    dataset = listing(str(root), dict(gt='val'), label_file='list.txt')
    found = [dataset.get_data_info(i) for i in range(len(dataset))]
    assert [(s['key'], s['gt_label']) for s in found] == [('a', 7), ('c', 0)]
    for text, message in (('d.JPEG 1', 'none of the 3'), ('a.JPEG dog', 'line 1 is no file name')):
        (root / 'list.txt').write_text(text)
        with pytest.raises(UserError, match=message):
            listing(str(root), dict(gt='val'), label_file='list.txt')
    with pytest.raises(UserError, match='No label file'):
        listing(str(root), dict(gt='val'), label_file='other.txt')


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('a/x.jpg 3\nb/x.jpg 4', {'a/x': 3, 'b/x': 4}),
        ('val/a/x.jpg 3\nval/b/x.jpg 4', {'a/x': 3, 'b/x': 4}),
        ('b/x.jpg 4', {'b/x': 4}),
        ('x.jpg 3\ny 5\ny.v2 6', {'a/x': 3, 'b/x': 3, 'b/y': 5, 'y.v2': 6}),
        ('elsewhere/y.jpg 5', {'b/y': 5}),
        ('elsewhere/x.jpg 5\nb/y 1', {'b/y': 1}),
        ('y.v2.png 6', {'y.v2': 6}),
        ('c/y.jpg 1\nd/y.jpg 2', 'which line is'),
        ('b/y.jpg 1\nb/y.png 2', 'line 2 gives'),
    ],
)
def test_labels_go_by_path_and_then_by_name(folder, text, expected):
    root = folder('val/a/x.jpg', 'val/b/x.jpg', 'val/b/y.jpg', 'val/y.v2.png')
    (root / 'list.txt').write_text(text)

    def build():
        return listing(str(root), dict(gt='val'), label_file='list.txt')

    if isinstance(expected, str):
        with pytest.raises(UserError, match=expected):
            build()
    else:
        dataset = build()
        found = [dataset.get_data_info(i) for i in range(len(dataset))]
        assert {s['key']: s['gt_label'] for s in found} == expected
