"""Picture files that are none, or want too much."""

from __future__ import annotations

import io
import os
import socket
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from .case import Case, run_words

_DAMAGED = 'damaged image file'
_NONE = 'not an image file that is read'
_LARGE = 'million pixels that are read'


def _picture(kind: str, side: int = 64, **options: object) -> bytes:
    values = np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype(np.uint8)
    content = io.BytesIO()
    Image.fromarray(values).save(content, kind, **options)
    return content.getvalue()


def _cut(kind: str, share: float = 0.5) -> bytes:
    whole = _picture(kind)
    return whole[: int(len(whole) * share)]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def _png(
    width: int = 8,
    height: int = 8,
    depth: int = 8,
    colour: int = 2,
    interlace: int = 0,
    *,
    data: bytes | None = None,
    before: bytes = b'',
) -> bytes:
    header = struct.pack('>IIBBBBB', width, height, depth, colour, 0, 0, interlace)
    if data is None:
        data = zlib.compress(bytes(height * (1 + 3 * width)))
    body = _chunk(b'IDAT', data) if data else b''
    return b'\x89PNG\r\n\x1a\n' + _chunk(b'IHDR', header) + before + body + _chunk(b'IEND', b'')


def _flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


def _gif(width: int, height: int, body: bytes = b'') -> bytes:
    return b'GIF89a' + struct.pack('<HH', width, height) + b'\x80\0\0' + bytes(6) + body


def _bmp(width: int, height: int, bits: int = 24) -> bytes:
    header = struct.pack('<IiiHHIIiiII', 40, width, height, 1, bits, 0, 0, 0, 0, 0, 0)
    return b'BM' + struct.pack('<IHHI', 54 + 64, 0, 0, 54) + header + bytes(64)


def _tiff(entries: dict[int, int], following: int = 0) -> bytes:
    body = b''.join(struct.pack('<HHII', tag, 4, 1, value) for tag, value in entries.items())
    return b'II*\0' + struct.pack('<IH', 8, len(entries)) + body + struct.pack('<I', following)


def _float_tiff() -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.ones((16, 16), np.float32)).save(content, 'TIFF')
    return content.getvalue()


def _int_tiff() -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.ones((16, 16), np.int32)).save(content, 'TIFF')
    return content.getvalue()


_JPEG = _picture('JPEG')
_TAGS = {256: 8, 257: 8, 258: 8, 259: 1, 262: 1, 273: 200, 277: 1, 278: 8, 279: 64}

# Name → bytes, and part of the line.
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    'empty.png': (lambda: b'', 'the file is empty'),
    'empty.jpg': (lambda: b'', 'the file is empty'),
    'text.png': (lambda: b'no picture', _NONE),
    'zeros.png': (lambda: bytes(5000), _NONE),
    'ones.tif': (lambda: b'\xff' * 5000, _NONE),
    'random.webp': (lambda: np.random.default_rng(1).bytes(3000), _NONE),
    'page.jpg': (lambda: b'<!DOCTYPE html><title>404 Not Found</title>', _NONE),
    'drawing.png': (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', _NONE),
    'paper.jpg': (lambda: b'%PDF-1.7\n%\xe2\xe3\n1 0 obj', _NONE),
    # Pillow would have a program run it.
    'program.png': (lambda: b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage', _NONE),
    'archive.png': (lambda: b'PK\x03\x04' + bytes(100), _NONE),
    'array.png': (lambda: b'\x93NUMPY\x01\0' + bytes(100), _NONE),
    'layers.png': (lambda: b'8BPS\0\x01' + bytes(200), _NONE),
    'icon.png': (lambda: b'\0\0\1\0\1\0\x10\x10' + bytes(100), _NONE),
    'phone.jpg': (lambda: b'\0\0\0\x18ftypheic\0\0\0\0mif1heic' + bytes(200), _NONE),
    'packed.png': (lambda: b'\x1f\x8b\x08\0' + bytes(100), _NONE),
    'elf.png': (lambda: b'\x7fELF\x02\x01\x01' + bytes(100), _NONE),
    # PNG
    'signature.png': (lambda: b'\x89PNG\r\n\x1a\n', _NONE),
    'half_header.png': (lambda: _png()[:20], _DAMAGED),
    'header_alone.png': (lambda: _png()[:33], _NONE),
    'cut.png': (lambda: _cut('PNG'), _DAMAGED),
    'nearly_whole.png': (lambda: _cut('PNG', 0.99), _DAMAGED),
    'header_hash.png': (lambda: _flipped(_png(), 30), _NONE),
    'data_hash.png': (lambda: _flipped(_png(), len(_png()) - 14), _DAMAGED),
    'no_width.png': (lambda: _png(width=0), _NONE),
    'no_data.png': (lambda: _png(data=b''), _DAMAGED),
    'garbage.png': (lambda: _png(data=b'garbage'), _DAMAGED),
    'too_few_rows.png': (lambda: _png(data=zlib.compress(bytes(30))), _DAMAGED),
    'depth_3.png': (lambda: _png(depth=3), 'image'),
    'colour_5.png': (lambda: _png(colour=5), 'image'),
    'bomb_header.png': (lambda: _png(100_000, 100_000, data=zlib.compress(b'\0')), _LARGE),
    'largest.png': (lambda: _png(2**31 - 1, 2**31 - 1, data=zlib.compress(b'\0')), _LARGE),
    'bomb.png': (
        lambda: _png(20_000, 20_000, depth=1, colour=0, data=zlib.compress(bytes(20_000 * 2501))),
        _LARGE,
    ),
    'thin.png': (lambda: _png(400_000_000, 1, data=zlib.compress(b'\0')), _LARGE),
    'text_bomb.png': (
        lambda: _png(before=_chunk(b'zTXt', b'a\0\0' + zlib.compress(bytes(5_000_000)))),
        'Decompressed data too large',
    ),
    'long_chunk.png': (lambda: _png()[:33] + struct.pack('>I', 2**31 - 1) + b'IDAT', _DAMAGED),
    # JPEG
    'start.jpg': (lambda: b'\xff\xd8', _NONE),
    'start_end.jpg': (lambda: b'\xff\xd8\xff\xd9', 'image'),
    'cut.jpg': (lambda: _cut('JPEG'), _DAMAGED),
    'header.jpg': (lambda: _JPEG[: _JPEG.index(b'\xff\xda')], _DAMAGED),
    'no_height.jpg': (
        lambda: _JPEG.replace(struct.pack('>HH', 64, 64), struct.pack('>HH', 0, 64), 1),
        'image',
    ),
    'large.jpg': (
        lambda: _JPEG.replace(struct.pack('>HH', 64, 64), struct.pack('>HH', 65500, 65500), 1),
        _LARGE,
    ),
    'marker.jpg': (lambda: b'\xff\xd8\xff\xe0\xff\xff' + bytes(30), 'image'),
    # GIF
    'header.gif': (lambda: _gif(8, 8), 'image'),
    'large.gif': (lambda: _gif(65535, 65535, b',' + bytes(4) + b'\xff' * 4 + bytes(9)), _LARGE),
    'cut.gif': (lambda: _cut('GIF'), _DAMAGED),
    'garbage.gif': (lambda: _gif(8, 8, b'\xff' * 99), 'image'),
    # BMP
    'header.bmp': (lambda: b'BM', _NONE),
    'large.bmp': (lambda: _bmp(2**30, 2**30), _LARGE),
    'bits_7.bmp': (lambda: _bmp(8, 8, 7), 'image'),
    'cut.bmp': (lambda: _cut('BMP'), _DAMAGED),
    # TIFF
    'header.tif': (lambda: b'II*\0', _NONE),
    'beyond.tif': (lambda: b'II*\0' + struct.pack('<I', 10**6), _NONE),
    'loop.tif': (lambda: _tiff(_TAGS, following=8), _DAMAGED),
    'large.tif': (lambda: _tiff({**_TAGS, 256: 10**6, 257: 10**6}), _LARGE),
    'no_size.tif': (lambda: _tiff({258: 8, 259: 1}), _NONE),
    'compression.tif': (lambda: _tiff({**_TAGS, 259: 9999}), 'image'),
    'cut.tif': (lambda: _cut('TIFF'), _DAMAGED),
    'float.tif': (_float_tiff, 'floating-point numbers of unknown units'),
    'int.tif': (_int_tiff, '32-bit numbers of unknown units'),
    # PPM
    'header.ppm': (lambda: b'P6\n8 8\n255\n', _DAMAGED),
    'large.ppm': (lambda: b'P6\n999999 999999\n255\n', _LARGE),
    'cut.ppm': (lambda: _cut('PPM'), _DAMAGED),
    'negative.ppm': (lambda: b'P6\n-8 8\n255\n' + bytes(99), 'image'),
    'white.ppm': (lambda: b'P6\n8 8\n99999999\n' + bytes(999), 'image'),
    'words.ppm': (lambda: b'P6\neight eight\n255\n', 'image'),
    # WebP
    'header.webp': (lambda: b'RIFF\x10\0\0\0WEBPVP8 ', 'image'),
    'cut.webp': (lambda: _cut('WEBP'), 'image'),
    'large.webp': (
        lambda: b'RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0' + b'\xff\x3f\0' * 2 + bytes(20),
        'image',
    ),
}  # fmt: skip


def _write(folder: Path, name: str | bytes, content: bytes) -> None:
    photos = folder / 'photos'
    photos.mkdir()
    with open(os.path.join(os.fsencode(photos), os.fsencode(name)), 'wb') as file:
        file.write(content)


def _as_file(name: str, content: Callable[[], bytes]) -> Case:
    def make(folder: Path) -> list[str]:
        _write(folder, name, content())
        return run_words(folder)

    return Case(f'picture {name}', make, FILES[name][1])


def _odd(name: str, said: str, put: Callable[[Path], object]) -> Case:
    """Something in the folder of photos that is no plain file."""

    def make(folder: Path) -> list[str]:
        (folder / 'photos').mkdir()
        put(folder / 'photos')
        return run_words(folder)

    return Case(name, make, said)


def _socket(folder: Path) -> None:
    here = os.getcwd()
    os.chdir(folder)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind('s.png')
    finally:
        os.chdir(here)


def _sparse(folder: Path) -> None:
    with open(folder / 'a.png', 'wb') as file:
        file.write(_png()[:33])
        file.truncate(3 << 30)


def _named(name: str | bytes, content: bytes | None = None) -> Callable[[Path], object]:
    def put(folder: Path) -> None:
        with open(os.path.join(os.fsencode(folder), os.fsencode(name)), 'wb') as file:
            file.write(_picture('PNG') if content is None else content)

    return put


def _ring(folder: Path) -> None:
    (folder / 'a.png').symlink_to('b.png')
    (folder / 'b.png').symlink_to('a.png')


def _too_long(folder: Path) -> None:
    for suffix in ('.png', '.bmp'):  # which both names keep, as they differ in nothing else
        _named('n' * 251 + suffix)(folder)


def _of_one_key(folder: Path) -> None:
    for name in ('a.png', 'a.bmp', 'a.png.png'):
        _named(name)(folder)


ODD = [
    _odd('names too long for results', 'too long to save results', _too_long),
    _odd('two pictures of one key', "two images would be saved as 'a.png'", _of_one_key),
    _odd('a link to nowhere', 'a link to nowhere', lambda f: (f / 'a.png').symlink_to('no.png')),
    _odd('a link to itself', 'a.png', lambda f: (f / 'a.png').symlink_to('a.png')),
    _odd('links in a ring', '2 of 2 images cannot be restored', _ring),
    _odd('a link to a device', 'no such image', lambda f: (f / 'a.png').symlink_to('/dev/zero')),
    _odd('a pipe', 'no such image file', lambda f: os.mkfifo(f / 'a.png')),
    _odd('a socket', 'no such image file', _socket),
    _odd('a sparse file', 'is more than is read of a picture', _sparse),
    _odd('a folder that ends in .png', 'No pictures in', lambda f: (f / 'a.png').mkdir()),
    _odd('folders in a ring', 'No pictures in', lambda f: (f / 'again').symlink_to(f)),
    _odd('no picture at all', 'No pictures in', lambda f: (f / 'notes.txt').touch()),
    _odd('a name that is not UTF-8', 'no text in UTF-8', _named(b'caf\xe9.png')),
    _odd('a broken one of such a name', r'caf\udce9: its name', _named(b'caf\xe9.png', b'x')),
    _odd('a name with a line break', r'two\nlines.png', _named('two\nlines.png', b'x')),
    _odd('a name that colours the console', r'\x1b[31m', _named('\x1b[31mred.png', b'x')),
    _odd('a name from right to left', r'\u202e', _named('\u202egnp.png', b'x')),
    _odd('the longest name', _NONE, _named('n' * 251 + '.png', b'x')),
]  # fmt: skip


PICTURES = [_as_file(name, content) for name, (content, _) in FILES.items()] + ODD
