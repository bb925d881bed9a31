"""Downloads: whole and verified, or one clear line and nothing under the final name."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from loopback import Fault

from mmgenprior.weights.download import DownloadError, fetch
from mmgenprior.weights.hashes import file_sha256, is_hash_prefix, matches

ROOT = Path(__file__).resolve().parents[2]
CONTENT = random.Random(0).randbytes(700_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def target(tmp_path):
    return tmp_path / 'cache' / 'w.pth'


@pytest.fixture
def serve(loopback, target):
    """Fetches ``/w.pth`` from the server; options are those of ``fetch``."""
    loopback.files['/w.pth'] = CONTENT

    def get(sha256=SHA256, **options):
        return fetch(f'{loopback.url}/w.pth', target, sha256, **dict(backoff=0.001, **options))

    return get


def left(target):
    return sorted(p.name for p in target.parent.iterdir())


def refusal(get, *args, **options):
    with pytest.raises(DownloadError) as error:
        get(*args, **options)
    text = str(error.value)
    assert text and '\n' not in text
    return text


def test_whole_file(serve, loopback, target, capsys):
    assert serve() == target and target.read_bytes() == CONTENT
    assert left(target) == ['w.pth']
    assert f'{loopback.url}/w.pth' in capsys.readouterr().err
    # It is there: no second request, only the check.
    assert serve(SHA256[:8].upper()) == target and len(loopback.log) == 1


def test_force_replaces_the_file(serve, loopback, target):
    serve()
    inode = target.stat().st_ino
    loopback.files['/w.pth'] = b'new'
    serve(hashlib.sha256(b'new').hexdigest(), force=True)
    assert target.read_bytes() == b'new' and left(target) == ['w.pth']
    assert target.stat().st_ino != inode


def test_force_keeps_the_old_file_until_the_new_one_is_verified(serve, loopback, target):
    serve()
    loopback.files['/w.pth'] = b'wrong'
    refusal(serve, force=True)
    assert target.read_bytes() == CONTENT and left(target) == ['w.pth']


def test_dropped_connections_are_resumed(serve, loopback, target):
    loopback.faults = [Fault(drop_after=300_000), Fault(status=503), Fault(drop_after=250_000)]
    serve()
    assert target.read_bytes() == CONTENT and left(target) == ['w.pth']
    asked = [entry[1] for entry in loopback.log]
    assert asked == [None, 'bytes=300000-', 'bytes=300000-', 'bytes=550000-']
    assert sum(entry[2] for entry in loopback.log) == len(CONTENT)


def test_silent_connection_is_dropped(serve, loopback, target):
    # Long enough that only one who waits for it is late, on a busy machine too.
    loopback.faults = [Fault(silent=15.0)]
    start = time.monotonic()
    serve(timeout=0.2)
    assert time.monotonic() - start < 10 and target.read_bytes() == CONTENT


def interrupted(serve, loopback, target):
    """A download that gave up with 300,000 bytes on the disk."""
    loopback.faults = [Fault(drop_after=300_000)] + [Fault(status=503)] * 6
    text = refusal(serve)
    assert '503' in text and '300,000 bytes' in text and not target.exists()
    assert left(target) == ['w.pth.part', 'w.pth.part.json']
    loopback.faults.clear()
    loopback.log.clear()


@pytest.mark.parametrize('validator', ['etags', 'dates', None])
def test_next_call_goes_on(validator, serve, loopback, target):
    loopback.etags, loopback.dates = validator == 'etags', validator == 'dates'
    interrupted(serve, loopback, target)
    serve()
    assert target.read_bytes() == CONTENT and left(target) == ['w.pth']
    assert loopback.log == [('/w.pth', 'bytes=300000-', 400_000)]


@pytest.mark.parametrize('validator', ['etags', 'dates', None])
@pytest.mark.parametrize('size', [800_000, 700_000])
def test_changed_file_is_not_glued_to_the_old_one(validator, size, serve, loopback, target):
    loopback.etags, loopback.dates = validator == 'etags', validator == 'dates'
    interrupted(serve, loopback, target)
    new = random.Random(1).randbytes(size)
    loopback.files['/w.pth'] = new
    serve(hashlib.sha256(new).hexdigest())
    assert target.read_bytes() == new and left(target) == ['w.pth']
    # Told by the server at once, or else by the size or the hash.
    assert len(loopback.log) == (1 if validator else 2)


def test_bytes_of_another_address_or_of_unknown_origin_are_dropped(serve, loopback, target):
    interrupted(serve, loopback, target)
    note = target.parent / 'w.pth.part.json'
    known = json.loads(note.read_text())
    for text in (json.dumps(known | dict(url='http://elsewhere/w.pth')), '{}', '', '[1]'):
        (target.parent / 'w.pth.part').write_bytes(CONTENT[:1000])
        note.write_text(text)
        serve()
        assert [entry[1] for entry in loopback.log] == [None] and target.read_bytes() == CONTENT
        target.unlink()
        loopback.log.clear()


@pytest.mark.parametrize('etags', [True, False])
@pytest.mark.parametrize('size', [800_000, 700_000])
def test_file_that_changes_at_a_break(size, etags, serve, loopback, target):
    loopback.etags = etags
    new = random.Random(1).randbytes(size)
    loopback.faults = [Fault(drop_after=300_000, then=new)]
    serve(hashlib.sha256(new).hexdigest())
    assert target.read_bytes() == new and left(target) == ['w.pth']


def test_server_without_ranges(serve, loopback, target):
    loopback.ranges = False
    loopback.faults = [Fault(drop_after=300_000), Fault(drop_after=200_000)]
    serve()
    assert target.read_bytes() == CONTENT


def test_complete_but_not_renamed(serve, loopback, target):
    interrupted(serve, loopback, target)
    (target.parent / 'w.pth.part').write_bytes(CONTENT)
    serve()
    assert loopback.log == [] and left(target) == ['w.pth']


@pytest.mark.parametrize('served', [b'<html>log in</html>', CONTENT[:-1], b''])
def test_other_file_on_the_server(served, serve, loopback, target):
    loopback.files['/w.pth'] = served
    text = refusal(serve)
    assert loopback.url in text and SHA256[:8] in text and f'{len(served):,} bytes' in text
    assert left(target) == [] and len(loopback.log) == 1


def test_announced_length_that_never_comes(serve, loopback, target):
    loopback.faults = [Fault(drop_after=100)] + [Fault(drop_after=0)] * 6
    text = refusal(serve)
    assert '700,000' in text and not target.exists()


@pytest.mark.parametrize('status', [401, 403, 404, 410])
def test_refusing_server_is_asked_once(status, serve, loopback, target):
    loopback.faults = [Fault(status=status)]
    text = refusal(serve)
    assert str(status) in text and len(loopback.log) == 1 and left(target) == []


def test_failing_server_is_asked_several_times(serve, loopback, target):
    loopback.faults = [Fault(status=500)] * 9
    assert '500' in refusal(serve)
    assert len(loopback.log) == 5 and left(target) == []


def test_nobody_answers(target):
    with pytest.raises(DownloadError) as error:
        fetch('http://127.0.0.1:9/pggan/w.pth', target, SHA256)
    text = str(error.value)
    assert '\n' not in text and 'MGP_MIRROR' in text
    assert all(part in text for part in ('w.pth', '127.0.0.1:9/pggan', str(target.parent)))
    assert left(target) == []


@pytest.mark.parametrize('url', ['ftp://127.0.0.1/w.pth', 'file:///w.pth', 'w.pth', 'http://a b/w'])
def test_no_address(url, target):
    with pytest.raises(DownloadError):
        fetch(url, target, SHA256)
    assert not target.exists()


def test_file_larger_than_the_disk_is_not_begun(serve, loopback, target):
    loopback.faults = [Fault(announced=10**17)]
    text = refusal(serve)
    assert str(target.parent) in text and 'MB are free' in text
    assert left(target) == []


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='no device that is always full')
def test_disk_that_fills_up(serve, target):
    target.parent.mkdir()
    (target.parent / 'w.pth.part').symlink_to('/dev/full')
    text = refusal(serve)
    assert 'No space left' in text and str(target.parent) in text
    assert left(target) == []


def test_folder_that_cannot_be_written(serve, target):
    target.parent.write_text('a file where the folder should be')
    text = refusal(serve)
    assert str(target.parent) in text and 'MGP_PRIOR_ROOT' in text


def test_wrong_file_in_the_cache_is_named_and_kept(serve, loopback, target):
    target.parent.mkdir()
    target.write_bytes(b'mine')
    text = refusal(serve)
    assert str(target) in text and SHA256[:8] in text and 'delete it' in text
    assert target.read_bytes() == b'mine' and loopback.log == []


def test_hashes(tmp_path):
    (tmp_path / 'a').write_bytes(CONTENT)
    assert file_sha256(tmp_path / 'a') == SHA256
    assert matches(SHA256, SHA256[:8].upper()) and not matches(SHA256, '0' * 8)
    assert is_hash_prefix('0123ABcd') and is_hash_prefix(SHA256)
    assert not any(map(is_hash_prefix, ('', '0123abc', '0123abcg', SHA256 + '0', '0123abcd\n')))


def start(loopback, target):
    code = (
        'import sys; from pathlib import Path; from mmgenprior.weights.download import fetch;'
        'fetch(sys.argv[1], Path(sys.argv[2]), sys.argv[3], backoff=0.01)'
    )
    words = [sys.executable, '-c', code, f'{loopback.url}/w.pth', str(target), SHA256]
    return subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_processes_at_once_download_once(serve, loopback, target):
    loopback.gate.clear()
    processes = [start(loopback, target) for _ in range(3)]
    # Each has the lock or waits for it before the server answers.
    said = [process.stderr.readline() for process in processes]
    loopback.gate.set()
    said = [line + process.communicate(timeout=60)[1] for line, process in zip(said, processes)]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert len(loopback.log) == 1 and sum('waiting' in text for text in said) == 2
    assert target.read_bytes() == CONTENT and left(target) == ['w.pth']


def test_process_that_waited_for_one_that_failed(serve, loopback, target):
    loopback.faults = [Fault(status=404)]
    loopback.gate.clear()
    processes = [start(loopback, target) for _ in range(2)]
    said = [process.stderr.readline() for process in processes]
    loopback.gate.set()
    said = [line + process.communicate(timeout=60)[1] for line, process in zip(said, processes)]
    assert sorted(process.returncode for process in processes) == [0, 1], said
    assert sum('waiting' in text for text in said) == 1
    assert target.read_bytes() == CONTENT and left(target) == ['w.pth']


def test_killed_process_frees_the_file_and_is_resumed(serve, loopback, target):
    # The server stays silent after 300,000 bytes; the process dies there.
    loopback.faults = [Fault(drop_after=300_000), Fault(silent=5.0)]
    process = start(loopback, target)
    part = target.parent / 'w.pth.part'
    deadline = time.monotonic() + 30
    while not (part.is_file() and part.stat().st_size == 300_000):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not target.exists()
    loopback.faults.clear()
    serve()
    assert target.read_bytes() == CONTENT and loopback.log[-1][1] == 'bytes=300000-'
