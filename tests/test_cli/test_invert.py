"""The command that stores inversions."""

from __future__ import annotations

from .conftest import tool


def test_invert_says_what_it_cannot_do_before_it_starts(tmp_path):
    status, _, err, _ = tool('invert.py', 'bigprior_lsunbedroom_color', 'x', cwd=tmp_path)
    assert status == 1 and 'fuses stored inversions' in err and 'mganprior_*' in err
    assert 'Traceback' not in err and not (tmp_path / 'x').exists()
    (tmp_path / 'file').write_text('')
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / 'prior').write_text('')
    for out, named in (('file/x', 'file/x/input'), ('/proc/x', '/proc/x/input'), ('out',) * 2):
        status, _, err, _ = tool('invert.py', 'mganprior_toyfaces_color', out, cwd=tmp_path)
        line = err.splitlines()[-1]
        assert status == 1 and line.startswith(f"error: cannot make the folder '{named}")
        assert 'give as OUT' in line and 'Traceback' not in err
    assert 'prior' in line and 'it is a file' in line
