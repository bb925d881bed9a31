"""What belongs to a visitor goes with the visitor."""

import os
import time

import pytest

from mmgenprior.api.arguments import ArgumentError
from mmgenprior.app.serving import private_folder
from mmgenprior.app.sessions import EXAMPLES, Sessions


@pytest.fixture
def sessions(tmp_path):
    return Sessions(tmp_path, idle=100)


def test_a_session_has_a_folder_until_it_is_closed(sessions):
    one, other = sessions.of('a'), sessions.of('b')
    assert sessions.of('a') is one and sessions.get('c') is None and len(sessions) == 2
    assert one.folder != other.folder and one.folder.stat().st_mode & 0o777 == 0o700
    (one.folder / 'photo.png').write_bytes(b'x')
    stop = one.begin()
    assert one.is_running and not stop.is_set()
    sessions.close('a')
    assert stop.is_set() and not one.folder.exists() and other.folder.exists() and one.is_closed
    sessions.close('a')  # a browser may say so twice
    sessions.close_all()
    assert not other.folder.exists() and len(sessions) == 0


def test_a_new_search_stops_the_one_before(sessions):
    session = sessions.of('a')
    first = session.begin()
    second = session.begin()
    assert first.is_set() and not second.is_set()


def test_uploads_go_with_the_last_who_has_them(sessions, stored):
    one, other = sessions.of('a'), sessions.of('b')
    mine, both = stored('mine.png'), stored('both.png')
    sessions.hold(one, [str(mine), str(both)])
    sessions.hold(other, [str(both)])
    sessions.close('a')
    assert not mine.parent.exists() and both.exists()
    sessions.close('b')
    assert not both.parent.exists()


def test_what_a_painting_tool_sent_without_a_word_goes_too(sessions, stored):
    sessions.of('a'), sessions.of('b')
    stray, coming = stored('background.png'), stored('coming.png')
    os.utime(stray, (time.time() - 10,) * 2)
    sessions.close('a')
    assert stray.exists()  # perhaps of the other one, who is about to name it
    sessions.close('b')
    assert not stray.parent.exists() and coming.exists()
    sessions.of('c')
    os.utime(coming, (time.time() - 90,) * 2)
    sessions.close_idle()
    assert not coming.parent.exists()


def test_nobody_holds_what_is_no_upload(sessions, tmp_path, stored):
    session, other = sessions.of('a'), sessions.of('b')
    secret = tmp_path / 'secret.txt'
    secret.write_text('x')
    theirs = other.folder / 'photo.png'
    theirs.write_bytes(b'x')
    upload = stored('photo.png')
    for path in (secret, theirs, '/etc/passwd', upload.parent / '..' / 'secret.txt', 'gone/a.png'):
        with pytest.raises(ArgumentError, match='not here any more'):
            sessions.hold(session, [str(path)])
    own = session.folder / 'to_paint.png'
    own.write_bytes(b'x')
    assert sessions.hold(session, [str(own), str(upload)]) == [own, upload]
    assert session.files == {upload}


def test_the_silent_are_forgotten(sessions, stored, tmp_path):
    silent, busy, present = (sessions.of(key) for key in 'abc')
    silent.seen -= 200
    busy.seen -= 200
    busy.begin()
    held, left, new = stored('held.png'), stored('left.png'), stored('new.png')
    shown = tmp_path / EXAMPLES / 'face.png'
    shown.parent.mkdir()
    shown.write_bytes(b'x')
    sessions.hold(present, [str(held)])
    for path in (held, left, shown):
        os.utime(path, (time.time() - 200,) * 2)
    sessions.close_idle()
    assert not silent.folder.exists() and busy.folder.exists() and present.folder.exists()
    assert held.exists() and new.exists() and shown.exists() and not left.parent.exists()


def test_the_folder_of_a_server_goes_with_it(tmp_path):
    left = tmp_path / 'mmgenprior-app-killed'
    left.mkdir()
    (left / 'photo.png').write_bytes(b'x')
    foreign = tmp_path / 'something-else'
    foreign.mkdir()
    with private_folder(tmp_path) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert not left.exists() and foreign.exists()
        with private_folder(tmp_path) as second:
            assert folder.exists() and second != folder  # a running server's folder stays
    assert [path.name for path in tmp_path.iterdir()] == ['something-else']
