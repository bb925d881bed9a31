"""The page in a real browser: the Chromium of the system, without a window, over loopback."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmgenprior.utils.errors import ExitCode

from .conftest import PRIOR

pytest.importorskip('gradio', reason='the page needs gradio (extra app)')
playwright = pytest.importorskip('playwright.sync_api', reason='drives the browser')
CHROMIUM = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser'))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(CHROMIUM is None, reason='there is no Chromium (package chromium)'),
]
# Seconds in which a busy machine answers.
PATIENCE = 300
# Quick with one sample, and long enough with several to be stopped.
OPTIONS = [
    f'stages.{stage}.iterations={count}'
    for stage, count in dict(descent=4, features=1, adapted=2, sampled=25).items()
]


class Server:
    """``mmgenprior app`` in a process of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        self.temporary = folder / 'tmp'
        self.temporary.mkdir()
        self.log = folder / 'log.txt'
        words = ['app', '--port', str(port), '--device', 'cpu', '--options', *OPTIONS]
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'mmgenprior', *words],
            env={**os.environ, 'TMPDIR': str(self.temporary)},
            stdout=self.log.open('w'),
            stderr=subprocess.STDOUT,
        )
        self.url = f'http://127.0.0.1:{port}/'
        try:
            wait_for(lambda: self.url in self.log.read_text(), self.log.read_text)
        except BaseException:
            self.process.kill()
            raise

    @property
    def files(self) -> set[str]:
        """What lies on the disk of visitors."""
        found = self.temporary.glob('mmgenprior-app-*/*/*')
        return {path.name for path in found if path.parent.name != 'examples'}


def wait_for(holds, said=lambda: ''):
    ends = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < ends, said()
        time.sleep(0.3)


@pytest.fixture(scope='module')
def server(tmp_path_factory):
    started = Server(tmp_path_factory.mktemp('server'))
    yield started
    started.process.send_signal(signal.SIGTERM)
    assert started.process.wait(60) == ExitCode.TERMINATED, started.log.read_text()
    # Empty folders of torch may stay.
    assert [path for path in started.temporary.rglob('*') if path.is_file()] == []
    assert not list(started.temporary.glob('mmgenprior-app-*'))
    assert 'Traceback' not in started.log.read_text()


@pytest.fixture(scope='module')
def browser():
    with playwright.sync_playwright() as drivers:
        opened = drivers.chromium.launch(executable_path=CHROMIUM, args=['--no-sandbox'])
        yield opened
        opened.close()


@pytest.fixture
def visit(server, browser, request):
    """An open page; its end is shot."""
    page = browser.new_page(viewport=dict(width=1280, height=900))
    page.set_default_timeout(1000 * PATIENCE)
    page.asked, page.complaints = [], []
    page.on('request', lambda asked: page.asked.append(asked.url))
    page.on('console', lambda m: complain(page, m))
    page.goto(server.url)
    page.wait_for_selector('#restore')
    yield page
    if not page.is_closed():
        shoot(page, request.node.name)
        page.close()
    foreign = [u for u in page.asked if not u.startswith((server.url, 'data:', 'blob:'))]
    assert foreign == [] and not page.complaints


def complain(page, message) -> None:
    """Note an error that the browser's console shows, unless the test expects some."""
    if message.type == 'error' and page.complaints is not None:
        page.complaints.append(message.text)


def shoot(page, name: str) -> None:
    """A picture of the page into ``$MGP_SCREENSHOTS``, if that is set."""
    folder = os.environ.get('MGP_SCREENSHOTS')
    if folder:
        page.screenshot(path=Path(folder) / f'{name}.png', full_page=True)


def said(page) -> str:
    return page.locator('#status .mgp-note').inner_text()


def after(page, act, text: str) -> str:
    """What the page says after an act, once that holds a text."""
    act()
    page.wait_for_function(
        'text => document.querySelector("#status .mgp-note").innerText.includes(text)', arg=text
    )
    return said(page)


def drop(page, where: str, file: Path, text: str) -> str:
    return after(
        page, lambda: page.locator(f'{where} input[type=file]').set_input_files(file), text
    )


def choose(page, where: str, name: str) -> None:
    page.locator(f'{where} input').click()
    page.locator(f'{where} [role=option]', has_text=name).first.click()


def slide(page) -> None:
    """Drag the line between before and after to the left: more of after is seen."""
    handle = page.locator('#results [data-testid=slider]:visible').first
    where, seen = handle.bounding_box(), after_shown(page)
    page.mouse.move(where['x'] + where['width'] / 2, where['y'] + where['height'] / 2)
    page.mouse.down()
    page.mouse.move(where['x'] - 120, where['y'] + where['height'] / 2, steps=3)
    page.mouse.up()
    wait_for(lambda: after_shown(page) < seen - 10)


def after_shown(page) -> float:
    """From where on the second picture of the slider is seen, in percent of its width."""
    clip = page.locator('#results img.fixed:visible').first.evaluate('e => e.style.clipPath')
    return float(re.findall(r'([\d.]+)%', clip)[-1])


@pytest.fixture
def photo(tmp_path, face):
    path = tmp_path / 'me.png'
    Image.fromarray(face).save(path)
    return path


def test_upload_paint_restore_result_leave(server, visit, photo, face, tmp_path):
    drop(visit, '#photo', photo, 'me, 64×64, is here')
    choose(visit, '#prior', PRIOR)
    visit.wait_for_selector('#editor canvas')
    visit.wait_for_timeout(3000)  # until the picture is drawn
    box = visit.locator('#editor canvas').last.bounding_box()
    x, y = box['x'] + box['width'] / 2, box['y'] + box['height'] / 2
    for dy in (-8, 8):
        visit.mouse.move(x - 40, y + dy)
        visit.mouse.down()
        visit.mouse.move(x + 40, y + dy, steps=3)
        visit.mouse.up()
    wait_for(lambda: any('layer' in name for name in server.files), lambda: str(server.files))
    visit.locator('#restore').click()
    visit.wait_for_selector('#live svg polyline')
    assert visit.locator('#live img').get_attribute('src').startswith('data:image/png;base64,')
    shoot(visit, 'searching')
    after(visit, lambda: None, 'Restored in')
    visit.wait_for_selector('#results img')
    shoot(visit, 'restored')

    with visit.expect_download() as coming:
        visit.locator('#download').click()
    path = tmp_path / coming.value.suggested_filename
    coming.value.save_as(path)
    assert path.name == 'me_restored.png'
    result = np.asarray(Image.open(path))
    changed = (result != face).any(2)
    rows, columns = np.nonzero(changed)
    # Within the strokes, and most of them.
    assert changed.sum() > 50 and rows.min() > 20 and rows.max() < 44
    assert columns.min() > 12 and columns.max() < 52
    assert 'hole: the mask' in visit.locator('#words').inner_text()
    assert visit.locator('#words svg polyline').count() >= 4
    for tab in ('Mean', 'Sample', 'Deviation', 'Hallucination', 'Film', 'Samples'):
        visit.get_by_role('tab', name=tab, exact=True).click()
        picture = visit.locator('#results img:visible').first
        visit.wait_for_function('e => e.naturalWidth > 0', arg=picture.element_handle())
        shoot(visit, f'tab_{tab.lower()}')
    visit.get_by_role('tab', name='Before | after').click()
    assert visit.locator('#results img:visible').count() == 2
    slide(visit)

    assert 'me_restored.png' in {p.name for p in server.temporary.rglob('*')}
    visit.close()
    wait_for(lambda: not server.files, lambda: str(server.files))


def test_what_is_no_photo_is_one_message(server, visit, tmp_path, photo):
    (tmp_path / 'notes.txt').write_text('Dear diary')
    line = drop(visit, '#photo', tmp_path / 'notes.txt', 'notes.txt')
    assert line.startswith("'notes.txt' is not an image file")
    Image.new('1', (6000, 4000)).save(tmp_path / 'huge.png')
    line = drop(visit, '#photo', tmp_path / 'huge.png', 'huge.png')
    assert line == "'huge.png' is 6000×4000, 24 megapixels, and 16 are the most: shrink or crop it"
    after(visit, visit.locator('#restore').click, 'Drop a photo first')

    Image.new('RGB', (300, 200), (90, 120, 150)).save(tmp_path / 'sky.png')
    drop(visit, '#photo', tmp_path / 'sky.png', 'sky, 300×200, is here')
    choose(visit, '#damage', 'grey: ')
    line = after(visit, visit.locator('#restore').click, 'no face')
    assert 'under "Where", choose' in line and visit.locator('#results').is_hidden()
    visit.locator('#more button').first.click()
    assert 'must have the same size' in drop(visit, '#mask', photo, "mask 'me.png' is 64×64")
    # Too many bytes never arrive.
    (tmp_path / 'heavy.png').write_bytes(bytes(21_000_000))
    visit.locator('#photo input[type=file]').set_input_files(tmp_path / 'heavy.png')
    visit.get_by_text('maximum allowed size').first.wait_for()
    assert 'heavy.png' not in server.files
    visit.complaints = None  # gradio asks how far the upload is that it never began


def test_a_search_is_stopped(server, visit):
    visit.locator('#examples button').nth(1).click()
    after(visit, lambda: None, 'toy_face_grey')
    visit.locator('#more button').first.click()
    visit.locator('#samples input[type=number]').fill('6')
    visit.locator('#restore').click()
    visit.wait_for_selector('#live svg polyline')
    began = time.monotonic()
    after(visit, visit.locator('#stop').click, 'Stopped')
    assert time.monotonic() - began < 10
    assert visit.locator('#live svg').count() == 0 and visit.locator('#results').is_hidden()
    # The next one has its turn at once.
    visit.locator('#samples input[type=number]').fill('1')
    visit.locator('#restore').click()
    after(visit, lambda: None, 'Restored in')
    assert visit.locator('#results').is_visible()
