"""What happens at a click, without a browser; and how the server starts and ends."""

import argparse
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from mmgenprior.app.limits import Limits
from mmgenprior.cli.commands import app
from mmgenprior.cli.main import main
from mmgenprior.utils.errors import ConfigError, ExitCode

from .conftest import PRIOR, SHORT

gradio = pytest.importorskip('gradio', reason='the page needs gradio (extra app)')
REQUEST = SimpleNamespace(session_hash='a')


@pytest.fixture(scope='module')
def page(tmp_path_factory):
    from mmgenprior.app.bench import Bench
    from mmgenprior.app.examples import render_examples
    from mmgenprior.app.page import Page
    from mmgenprior.app.serving import _environment
    from mmgenprior.app.sessions import Sessions

    root = tmp_path_factory.mktemp('root')
    limits = Limits(megapixels=1)
    with _environment(root):
        yield Page(Bench(limits, 'cpu', SHORT), Sessions(root, 100), limits, render_examples())


@pytest.fixture
def upload(page):
    """Store a file where gradio puts uploads; returns what a browser then sends."""

    def store(name, content):
        path = page.sessions.root / f'{len(name):064x}' / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content.save(path)
        return dict(path=str(path), orig_name=name, meta=dict(_type='gradio.FileData'))

    yield store
    page.sessions.close_all()


def restore(page, editor=None, damage='auto', prior=PRIOR, **changes):
    wished = dict(
        method='gaussnewton', place='the faces', samples=1, seed=0, invert=False, request=REQUEST
    )
    return page.on_restore(editor, damage, prior, **{**wished, **changes})


def said(page, changes):
    return changes[page.status]


def test_a_photo_is_painted_and_restored(page, upload, face):
    given = page.on_photo(upload('toy.png', Image.fromarray(face)), REQUEST)
    assert 'toy, 64×64, is here' in said(page, given) and given[page.photo] is None
    editor = given[page.editor]['value']
    background = upload('background.png', Image.open(editor['background']))
    painting = Image.new('RGBA', (448, 448))
    painting.paste((255, 0, 255, 255), (140, 210, 308, 280))
    sent = dict(background=background, layers=[upload('layer.png', painting)], composite=background)
    page.on_paint(sent, REQUEST)
    session = page.sessions.get('a')
    assert {path.name for path in session.files} == {'toy.png', 'background.png', 'layer.png'}

    first, *seen, last = restore(page, sent)
    assert 'Looking at the photo' in said(page, first)
    assert seen and any('<svg' in changes[page.live] for changes in seen)
    assert 'Restored in' in said(page, last) and last[page.restore]['interactive']
    result = np.asarray(Image.open(last[page.download]))
    hole = np.zeros((64, 64), bool)
    hole[30:40, 20:44] = True
    assert np.array_equal(result[~hole], face[~hole])
    assert not np.array_equal(result[hole], face[hole])
    assert last[page.tabs]['selected'] == 'slider' and 'hole: the mask' in last[page.words]

    page.on_leave(REQUEST)
    left = [path for path in page.sessions.root.rglob('*') if path.is_file()]
    assert {path.parent.name for path in left} == {'examples'}


def test_an_example_is_chosen(page, upload):
    changes = page.on_example(SimpleNamespace(index=2), REQUEST)
    assert (changes[page.damage], changes[page.prior]) == ('sr4', PRIOR)
    assert changes[page.value]['value'] == 4 and changes[page.value]['visible']
    assert page.sessions.get('a').upload.width == 16


@pytest.mark.parametrize(
    ('name', 'content', 'line'),
    [
        ('notes.txt', b'Dear diary', '&#x27;notes.txt&#x27; is not an image file'),
        ('<b>.png', b'', '&lt;b&gt;.png'),
    ],
)
def test_no_photo(page, upload, name, content, line):
    changes = page.on_photo(upload(name, content), REQUEST)
    assert line in said(page, changes) and 'error' in said(page, changes)
    (changes,) = restore(page)
    assert 'Drop a photo first' in said(page, changes)


def test_a_mask_file(page, upload, face):
    mask = np.zeros((64, 64), np.uint8)
    mask[40:50, 20:44] = 255
    changes = page.on_mask(upload('m.png', Image.fromarray(mask)), REQUEST)
    assert 'give the photo first' in said(page, changes)
    page.on_photo(upload('toy.png', Image.fromarray(face)), REQUEST)
    changes = page.on_mask(upload('m2.png', Image.fromarray(mask[:32])), REQUEST)
    assert 'must have the same size' in said(page, changes)
    changes = page.on_mask(upload('m.png', Image.fromarray(mask)), REQUEST)
    assert '5.9% of it is white' in said(page, changes)
    session = page.sessions.get('a')
    assert np.array_equal(page._known(session, None, True), mask == 0)
    assert np.array_equal(page._known(session, None, False), mask == 255)


@pytest.mark.parametrize(
    ('wished', 'line'),
    [
        (dict(prior='stylegan2_ffhq_1024'), 'there is no prior'),
        (dict(method='gausnewton'), 'did you mean gaussnewton?'),
        (dict(place='nowhere'), 'there is no place'),
        (dict(samples=99), 'samples: from 1 to 6'),
        (dict(seed=-1), 'must be a whole number from 0'),
        (dict(seed='x'), 'seed'),
        (dict(damage='holle'), 'did you mean hole?'),
        (dict(editor=dict(layers=[dict(path='/etc/passwd')])), 'not here any more'),
    ],
)
def test_what_a_visitor_sends_is_checked(page, upload, face, wished, line):
    page.on_photo(upload('toy.png', Image.fromarray(face)), REQUEST)
    *_, last = restore(page, **{'damage': 'grey', **wished})
    assert line in said(page, last) and 'error' in said(page, last)
    assert last[page.restore]['interactive'] and not last[page.stop]['visible']


def test_stop(page, upload, face):
    page.on_photo(upload('toy.png', Image.fromarray(face)), REQUEST)
    running = restore(page, damage='grey')
    next(running)
    assert 'Stopped' in said(page, page.on_stop(REQUEST))
    *_, last = running
    assert 'Stopped' in said(page, last) and 'error' not in said(page, last)


def test_controls_follow_one_another(page):
    assert page.on_damage('noise')['visible'] and not page.on_damage('grey')['visible']
    assert page.on_value('noise', 25) == 'noise:25'
    assert 'Pan et al.' in page.on_method('dgp')[0]['info']
    assert not page.on_method('dgp')[1]['visible'] and page.on_prior(PRIOR)['info']


def test_without_gradio_one_line_names_the_extra(tmp_path):
    code = (
        'import sys; sys.modules["gradio"] = None; from mmgenprior.cli.main import main; '
        'code = main(["app"]); assert "torch" not in sys.modules; sys.exit(code)'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == ExitCode.USAGE
    assert done.stderr == "error: the page needs gradio: pip install 'mmgenprior[app]'\n"


@pytest.mark.parametrize('words', [['--port', '0'], ['--most-waiting', '0'], ['--device', 'tpu']])
def test_wrong_arguments(words, capsys):
    try:
        code = main(['app', *words])
    except SystemExit as done:
        code = done.code
    assert code == ExitCode.USAGE
    assert 'error: ' in capsys.readouterr().err


def test_a_port_that_is_taken(tmp_path, monkeypatch):
    from mmgenprior.app.serving import serving

    monkeypatch.setenv('TMPDIR', str(tmp_path))
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f'127.0.0.1:{port}: choose another --port'):
            with serving(port=port, warm=False):
                pass


@pytest.mark.parametrize('name', ['README.md', 'docs/app.md'])
def test_commands_of_the_docs(name):
    parser = argparse.ArgumentParser()
    app.add_arguments(parser)
    text = (Path(__file__).resolve().parents[2] / name).read_text()
    found = re.findall(r'^(?:TMPDIR=\S+ )?mmgenprior app(.*)$', text, re.MULTILINE)
    assert found or '`mmgenprior app`' in text
    for words in found:
        parser.parse_args(shlex.split(words))
