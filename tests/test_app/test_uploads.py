"""What a visitor gives: told by its header, read in one way, and in the page's words."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.app.limits import Limits
from mmgenprior.app.uploads import (
    painted,
    parameter_of,
    take_mask,
    take_photo,
    value_of,
    with_hole,
    with_value,
)


def png_header(width: int, height: int) -> bytes:
    """A PNG file that says how large it is, and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack('>I', zlib.crc32(kind + data))
        return struct.pack('>I', len(data)) + kind + data + check

    head = chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
    return b'\x89PNG\r\n\x1a\n' + head + chunk(b'IDAT', b'') + chunk(b'IEND', b'')


def test_a_photo_is_taken(stored, folder, limits, face):
    (folder / 'of_before.png').write_bytes(b'')
    upload = take_photo(stored('My (best) photo.PNG'), folder, limits)
    assert (upload.name, upload.height, upload.width) == ('My_best_photo', 64, 64)
    assert [path.name for path in folder.iterdir()] == ['photo.png']
    photo = upload.read()
    assert photo.name == 'My_best_photo'
    assert np.array_equal(np.rint(photo.pixels * 255), face)


@pytest.mark.parametrize(
    ('name', 'content', 'said'),
    [
        ('notes.txt', b'Dear diary', "'notes.txt' is not an image file"),
        ('photo.png', b'Dear diary', "'photo.png' is not an image file"),
        ('empty.png', b'', "'empty.png' is not an image file"),
        ('large.png', png_header(2000, 1000), 'is 2000×1000, 2 megapixels, and 1 are the most'),
        ('bomb.png', png_header(60_000, 60_000), 'far too large'),
        ('heavy.png', bytes(1_000_001), 'has 1 MB, and 1 are the most'),
        ('cut.png', png_header(64, 64), 'cut.png'),
    ],
)
def test_what_is_no_photo_is_one_line(stored, folder, limits, name, content, said):
    with pytest.raises(ArgumentError) as caught:
        take_photo(stored(name, content), folder, limits)
    line = str(caught.value)
    assert said in line and '\n' not in line and '/' not in line
    assert list(folder.iterdir()) == []


def test_a_mask_has_the_size_of_the_photo(stored, folder, limits):
    photo = take_photo(stored('a.png'), folder, limits).read()
    mask = np.full((64, 64), 255, np.uint8)
    mask[10:20] = 0
    known = take_mask(stored('mask.png', mask), photo, False, limits)
    assert np.array_equal(known, mask > 0)
    with pytest.raises(ArgumentError, match="'mask.png' is 64×32, but 'a' is 64×64"):
        take_mask(stored('mask.png', mask[:32]), photo, False, limits)
    with pytest.raises(ArgumentError, match='has no hole'):
        take_mask(stored('white.png', np.full((64, 64), 255, np.uint8)), photo, False, limits)
    with pytest.raises(ArgumentError, match='leaves no pixel known') as caught:
        take_mask(stored('black.png', np.zeros((64, 64), np.uint8)), photo, False, limits)
    assert '--' not in str(caught.value)


def layer(size, box, alpha=255):
    picture = Image.new('RGBA', size)
    picture.paste((255, 0, 255, alpha), box)
    return picture


def test_painting_is_a_hole():
    assert painted(None, (64, 64)) is None
    assert painted(dict(layers=[layer((64, 64), (0, 0, 0, 0))]), (64, 64)) is None
    # The editor shows small photos magnified, and large ones reduced.
    hole = np.zeros((64, 64), bool)
    hole[24:48, 16:32] = True
    for size, differ in [((448, 448), 0), ((64, 64), 0), ((16, 16), 8)]:  # round corners
        box = tuple(side * size[0] // 64 for side in (16, 24, 32, 48))
        known = painted(dict(layers=[layer(size, box)]), (64, 64))
        assert (~known ^ hole).sum() <= differ, size
    two = [layer((64, 64), (0, 0, 8, 8)), layer((64, 64), (8, 8, 16, 16))]
    assert (~painted(dict(layers=two), (64, 64))).sum() == 128


def test_too_little_or_too_much_paint():
    with pytest.raises(ArgumentError, match='covers no pixel'):
        painted(dict(layers=[layer((640, 640), (0, 0, 3, 3))]), (64, 64))
    with pytest.raises(ArgumentError, match='all of the photo'):
        painted(dict(layers=[layer((64, 64), (0, 0, 64, 64))]), (64, 64))


def test_damage_and_its_number():
    known = np.ones((4, 4), bool)
    assert with_hole('grey', known) == 'grey+hole' and with_hole('grey', None) == 'grey'
    assert with_hole('hole', known) == 'hole' and with_hole('auto', known) == 'auto'
    assert with_hole('hole:#ff00ff', known) == 'hole:#ff00ff'
    assert parameter_of('noise').startswith('noise[:LEVELS]') and parameter_of('sr4')
    for without in ('auto', 'grey', 'hole', 'grey+hole', 'nonsense', ''):
        assert parameter_of(without) is None
    assert with_value('noise', 25) == 'noise:25' and with_value('noise:25', None) == 'noise'
    assert with_value('sr4', 8) == 'sr8' and with_value('blur:2', 1.5) == 'blur:1.5'
    assert value_of('blur:1.5') == 1.5 and value_of('sr8') == 8 and value_of('noise') is None


def test_limits_are_in_bytes_and_pixels():
    assert Limits(megabytes=3, megapixels=2).file_bytes == 3_000_000
    assert Limits(megabytes=3, megapixels=2).pixels == 2_000_000
