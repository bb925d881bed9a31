from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from PIL import Image

from mmgenprior.images import to_bgr255, to_rgb01
from mmgenprior.utils.errors import UserError
from mmgenprior.utils.image_io import read_image, read_mask


def test_8_bit_colour_is_read_exactly(tmp_path, photo):
    cv2.imwrite(str(tmp_path / 'a.png'), photo())
    image = read_image(tmp_path / 'a.png')
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, photo())


def test_16_bits_keep_their_precision(tmp_path):
    values = np.arange(0, 65536, 1021, dtype=np.uint16)[None, :, None].repeat(3, axis=2)
    cv2.imwrite(str(tmp_path / 'a.png'), values)
    np.testing.assert_allclose(read_image(tmp_path / 'a.png'), values / 257, atol=1e-4)


@pytest.mark.parametrize('bits', [8, 16])
def test_grey_has_one_channel(tmp_path, bits):
    values = np.arange(0, 2**bits, 2**bits // 16).astype(f'uint{bits}').reshape(4, 4)
    cv2.imwrite(str(tmp_path / 'a.png'), values)
    image = read_image(tmp_path / 'a.png')
    assert image.shape == (4, 4, 1)
    np.testing.assert_allclose(image[..., 0], values * (255 / (2**bits - 1)), atol=1e-3)


def test_palette_and_opaque_alpha_are_read(tmp_path, photo):
    rgb = Image.fromarray(photo()[..., ::-1])
    rgb.quantize(32).save(tmp_path / 'palette.png')
    assert read_image(tmp_path / 'palette.png').shape == (16, 16, 3)
    rgb.convert('RGBA').save(tmp_path / 'opaque.png')
    np.testing.assert_array_equal(read_image(tmp_path / 'opaque.png'), photo())


def test_orientation_tag_is_applied(tmp_path, photo):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by 90 degrees
    Image.fromarray(photo(8, 16)[..., ::-1]).save(tmp_path / 'a.jpg', exif=exif, quality=100)
    assert read_image(tmp_path / 'a.jpg').shape == (16, 8, 3)


def test_what_cannot_be_read_in_one_way_is_refused_by_name(tmp_path, photo):
    rgb = Image.fromarray(photo()[..., ::-1])
    rgba = rgb.convert('RGBA')
    rgba.putpixel((0, 0), (0, 0, 0, 0))
    rgba.save(tmp_path / 'transparent.png')
    rgb.convert('CMYK').save(tmp_path / 'cmyk.jpg')
    Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / 'float.tif')
    rgb.save(tmp_path / 'two.tif', save_all=True, append_images=[rgb])
    (tmp_path / 'text.png').write_text('no picture')
    rgb.save(tmp_path / 'whole.png')
    data = (tmp_path / 'whole.png').read_bytes()
    (tmp_path / 'cut.png').write_bytes(data[:60])
    expected = {
        'transparent.png': 'transparent pixels',
        'cmyk.jpg': 'CMYK',
        'float.tif': r'floating-point.*\.npy',
        'two.tif': '2 pictures',
        'text.png': 'not an image file',
        'cut.png': 'damaged',
        'absent.png': 'No such image file',
    }
    for name, reason in expected.items():
        with pytest.raises(UserError, match=reason) as caught:
            read_image(tmp_path / name)
        assert name in str(caught.value)
        assert '\n' not in str(caught.value)


def test_mask_white_is_observed(tmp_path):
    values = np.array([[0, 127, 128, 255]], dtype=np.uint8)
    cv2.imwrite(str(tmp_path / 'm.png'), values)
    np.testing.assert_array_equal(read_mask(tmp_path / 'm.png'), [[0, 0, 1, 1]])
    np.testing.assert_array_equal(read_mask(tmp_path / 'm.png', invert=True), [[1, 1, 0, 0]])
    cv2.imwrite(str(tmp_path / 'black.png'), values * 0)
    with pytest.raises(UserError, match=re.escape('no observed pixel')):
        read_mask(tmp_path / 'black.png')


def test_borders_are_inverse_and_turn_bgr_into_rgb(photo):
    bgr = photo().astype(np.float32)
    rgb = to_rgb01(bgr)
    np.testing.assert_allclose(rgb[0], bgr[..., 2] / 255, atol=1e-7)
    np.testing.assert_allclose(to_bgr255(rgb), bgr, atol=1e-4)
    grey = to_rgb01(bgr[..., :1])
    assert grey.shape == (3, 16, 16)
    assert (grey == grey[0]).all()
