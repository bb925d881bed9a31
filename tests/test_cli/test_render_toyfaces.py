"""Toy faces from the command line."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mmgenprior.cli.main import main
from mmgenprior.datasets.toyfaces import render_face
from mmgenprior.utils.errors import ExitCode


def render(*arguments: object) -> ExitCode:
    """The command, in this process: importing MMagic once more would take most of the time."""
    return main(['render-toyfaces', *map(str, arguments)])


def test_writes_a_sheet(tmp_path, capsys):
    sheet = tmp_path / 'deep' / 'sheet.png'
    render(sheet, '--count', 3, '--columns', 2)
    image = cv2.imread(str(sheet))
    assert image.shape == (128, 128, 3)
    np.testing.assert_array_equal(image[:64, 64:, ::-1], render_face(0, 'test', 1))
    assert (image[64:, 64:] == 255).all()
    assert '3 faces in' in capsys.readouterr().out


def test_writes_a_folder(tmp_path):
    render(tmp_path / 'faces', '--count', 2, '--first', 5, '--split', 'train')
    names = sorted(p.name for p in (tmp_path / 'faces').iterdir())
    assert names == ['train-000005.png', 'train-000006.png']
    image = cv2.imread(str(tmp_path / 'faces' / names[1]))
    np.testing.assert_array_equal(image[..., ::-1], render_face(0, 'train', 6))


def test_names_what_is_wrong(tmp_path, capsys):
    assert render(tmp_path / 'sheet.xyz', '--count', 1) is ExitCode.ERROR
    (tmp_path / 'file').write_text('')
    assert render(tmp_path / 'file' / 'faces', '--count', 1) is ExitCode.ERROR
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith('error: ') and "'.xyz' is no picture format" in first
    assert second.startswith('error: ') and 'file' in second
    with pytest.raises(SystemExit) as error:
        render(tmp_path, '--count', 0)
    assert error.value.code == ExitCode.USAGE
