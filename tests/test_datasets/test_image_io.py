from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from mmgenprior.datasets.image_io import (
    FIRST_ONLY,
    ON_WHITE,
    check_image,
    read_header,
    read_image,
    read_mask,
)
from mmgenprior.images import to_bgr255, to_rgb01
from mmgenprior.utils.errors import UserError


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


@pytest.mark.parametrize('kind', ['jpg', 'png', 'webp', 'tif'])
def test_orientation_is_that_of_the_header(kind, tmp_path, photo):
    exif = Image.Exif()
    exif[0x0112] = 6
    lossless = dict(lossless=True) if kind == 'webp' else {}
    rgb = Image.fromarray(photo(8, 16)[..., ::-1])
    rgb.save(tmp_path / f'a.{kind}', exif=exif, **lossless)
    header = read_header(tmp_path / f'a.{kind}')
    assert (header.height, header.width) == (16, 8)
    image = read_image(tmp_path / f'a.{kind}')
    assert image.shape == (16, 8, 3)
    if kind != 'jpg':
        np.testing.assert_array_equal(image, np.rot90(photo(8, 16), -1))


def test_transparent_pixels_are_put_on_white(tmp_path, photo):
    rgba = Image.fromarray(photo()[..., ::-1]).convert('RGBA')
    rgba.putpixel((3, 2), (0, 0, 0, 0))
    rgba.putpixel((4, 2), (0, 0, 0, 127))
    expected = photo().astype(np.float32)
    expected[2, 3], expected[2, 4] = 255, 128
    for name in ('rgba.png', 'rgba.webp', 'rgba.tif'):
        rgba.save(tmp_path / name, **(dict(lossless=True) if 'webp' in name else {}))
        np.testing.assert_array_equal(read_image(tmp_path / name), expected)
        assert check_image(tmp_path / name).notes == (ON_WHITE,)
    grey = Image.fromarray(np.full((4, 4), 7, np.uint8)).convert('LA')
    grey.putpixel((0, 0), (7, 0))
    grey.save(tmp_path / 'la.png')
    found = read_image(tmp_path / 'la.png').mean(axis=2)
    assert found[0, 0] == 255 and found[1, 1] == 7
    palette = Image.fromarray(photo()[..., ::-1]).quantize(8)
    palette.save(tmp_path / 'p.png', transparency=palette.getpixel((5, 5)))
    assert (read_image(tmp_path / 'p.png')[5, 5] == 255).all()


@pytest.mark.parametrize('kind', ['gif', 'webp', 'png', 'tif'])
def test_the_first_of_several_pictures_is_read(kind, tmp_path, photo):
    frames = [Image.fromarray(photo(seed=i)[..., ::-1]) for i in range(3)]
    if kind == 'gif':
        frames = [frame.quantize(16) for frame in frames]
    lossless = dict(lossless=True) if kind == 'webp' else {}
    for name, more in (('one', []), ('all', frames[1:])):
        frames[0].save(tmp_path / f'{name}.{kind}', save_all=True, append_images=more, **lossless)
    np.testing.assert_array_equal(
        read_image(tmp_path / f'all.{kind}'), read_image(tmp_path / f'one.{kind}')
    )
    assert check_image(tmp_path / f'all.{kind}').notes == (FIRST_ONLY,)
    assert check_image(tmp_path / f'one.{kind}').notes == ()
    if kind != 'gif':
        np.testing.assert_array_equal(read_image(tmp_path / f'all.{kind}'), photo())


def test_cmyk_and_lab_become_rgb(tmp_path, photo):
    rgb = Image.fromarray(photo()[..., ::-1])
    rgb.convert('CMYK').save(tmp_path / 'cmyk.tif')
    np.testing.assert_allclose(read_image(tmp_path / 'cmyk.tif'), photo(), atol=2)
    assert 'CMYK' in check_image(tmp_path / 'cmyk.tif').notes[0]
    rgb.convert('CMYK').save(tmp_path / 'cmyk.jpg', quality=100)
    assert np.abs(read_image(tmp_path / 'cmyk.jpg') - photo()).mean() < 12
    lab = ImageCms.profileToProfile(
        rgb, ImageCms.createProfile('sRGB'), ImageCms.createProfile('LAB'), outputMode='LAB'
    )
    lab.save(tmp_path / 'lab.tif')
    assert np.abs(read_image(tmp_path / 'lab.tif') - photo()).mean() < 2  # out of gamut: more


def test_16_bit_tiff_and_pgm_keep_their_precision(tmp_path):
    values = np.arange(0, 65536, 1021, dtype=np.uint16)[None]
    for name in ('a.tif', 'a.pgm', 'a.png'):
        cv2.imwrite(str(tmp_path / name), values)
        np.testing.assert_allclose(read_image(tmp_path / name)[..., 0], values / 257, atol=1e-3)
    one_bit = Image.fromarray(np.eye(8, dtype=bool))
    one_bit.save(tmp_path / 'bit.png')
    np.testing.assert_array_equal(read_image(tmp_path / 'bit.png')[..., 0], 255 * np.eye(8))


@pytest.mark.filterwarnings('ignore:Corrupt EXIF')
def test_a_broken_tag_turns_nothing(tmp_path, photo):
    rgb = Image.fromarray(photo()[..., ::-1])
    rgb.save(tmp_path / 'a.jpg', exif=b'Exif\0\0II*\0' + b'\xff' * 40)
    assert read_image(tmp_path / 'a.jpg').shape == (16, 16, 3)


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
