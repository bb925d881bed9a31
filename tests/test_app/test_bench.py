"""From a wish to files in a folder, with the package's own prior, and in words where it fails."""

import dataclasses
import re
import threading
import zipfile

import numpy as np
import pytest
from PIL import Image

from mmgenprior.api.events import Cancelled
from mmgenprior.app.bench import Bench, Wish, offered_priors
from mmgenprior.app.examples import render_examples
from mmgenprior.app.limits import Limits
from mmgenprior.app.results import for_screen, show
from mmgenprior.app.searching import Watch, watched
from mmgenprior.app.uploads import take_photo
from mmgenprior.photos import Placement
from mmgenprior.utils.errors import UserError

from .conftest import PRIOR, SHORT


@pytest.fixture(scope='module')
def bench():
    return Bench(Limits(megapixels=1), 'cpu', SHORT)


def uploaded(folder, pixels):
    Image.fromarray(pixels).save(folder / 'party.png')
    (folder / 'session').mkdir()
    return take_photo(folder / 'party.png', folder / 'session', Limits())


@pytest.fixture(scope='module')
def photo(tmp_path_factory, face):
    """A 200×150 photo with the toy face in it."""
    pixels = np.full((150, 200, 3), 90, np.uint8)
    pixels[40:104, 60:124] = face
    return uploaded(tmp_path_factory.mktemp('photo'), pixels)


@pytest.fixture(scope='module')
def sky(tmp_path_factory):
    """A 200×150 photo of nobody."""
    pixels = np.full((150, 200, 3), 90, np.uint8)
    pixels[:, ::2] += 40
    return uploaded(tmp_path_factory.mktemp('sky'), pixels)


@pytest.fixture
def watch():
    return Watch(threading.Event(), interval=0)


def holed(upload):
    known = np.ones((upload.height, upload.width), bool)
    known[60:80, 80:110] = False
    return known


def test_a_painted_hole_is_filled_and_the_rest_is_kept(bench, photo, watch, folder):
    known = holed(photo)
    wish = Wish(photo, 'auto', known, PRIOR, place='the square in the middle', seed=1, samples=2)
    *snapshots, restored = watched(lambda w: bench(wish, w), watch)
    assert {s.stage for s in snapshots} >= {'descent', 'sampled'} and snapshots[-1].face == 1
    assert restored.settings['damage'] == 'hole' and len(restored.samples) == 2
    given = np.asarray(Image.open(photo.path))
    assert np.array_equal(np.asarray(restored.image)[known], given[known])
    assert not np.array_equal(*restored.samples)

    shown = show(restored, wish, folder)
    result = np.asarray(Image.open(shown.result))
    assert np.array_equal(result, np.asarray(restored.image))
    assert set(shown.pictures) == {'mean', 'sample', 'std', 'hallucination', 'film'}
    assert len(shown.samples) == 2
    files = [shown.before, shown.after, *shown.pictures.values(), *shown.samples]
    for path in files:
        assert path.is_file() and path.is_relative_to(folder)
    assert Image.open(shown.before).size == Image.open(shown.after).size == (400, 300)
    names = zipfile.ZipFile(shown.archive).namelist()
    assert {'party/party_restored.png', 'party/party_mask.png', 'party/party.json'} <= set(names)
    assert wish.command() == (
        'mmgenprior restore party.png --damage auto --mask party_mask.png --prior dcgan_toyfaces '
        '--as-is crop --seed 1 --options samples=2'
    )
    assert wish.command() in re.sub('<[^>]*>', '', shown.words)
    assert 'the square in the middle' in shown.words


@pytest.mark.parametrize('example', render_examples(), ids=lambda example: example.name)
def test_examples(example, bench, watch, folder):
    upload = example.put(folder)
    *_, restored = watched(
        lambda w: bench(Wish(upload, example.damage, None, PRIOR, samples=1), w), watch
    )
    assert restored.image.size == (64, 64)
    shown = show(restored, Wish(upload), folder)
    assert shown.close_ups is None and shown.samples == () and upload.path.is_file()
    assert Image.open(shown.after).size == (448, 448)


def test_a_method_without_deviation_and_a_close_up(photo, watch, folder):
    bench = Bench(Limits(), 'cpu', dict(stages=dict(CSGM=dict(iterations=2)), restarts=1))
    wish = Wish(photo, 'grey', None, PRIOR, 'csgm', 'the square in the middle', samples=2)
    *_, restored = watched(lambda w: bench(wish, w), watch)
    assert restored.samples == () and restored.std is None
    shown = show(restored, wish, folder)
    assert shown.close_ups is None and 'std' not in shown.pictures
    # Were the square a small part of the photo, it would be shown alone.
    part = restored.parts[0]
    small = dataclasses.replace(part, placement=Placement((90, 70), 40, 0, 64))
    shown = show(dataclasses.replace(restored, parts=(small,)), wish, folder)
    assert [Image.open(path).size for path in shown.close_ups] == [(400, 400)] * 2


@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        (dict(damage='holle'), "there is no damage 'holle' (did you mean hole?)"),
        (dict(damage='hole'), 'where is the hole? Paint it'),
        (dict(damage='hole:/etc/passwd'), 'give the mask as a file of its own'),
        (dict(damage='blur:/etc/kernel.npy'), 'how wide is the blur?'),
        (dict(damage='sr16'), 'the result would be 3200×2400'),
        (dict(damage='jpeg'), 'is no JPEG file that tells its quality: write jpeg:20'),
        (dict(), 'no face was found in \'party\': under "Where", choose "the square in the'),
        (dict(prior='pggan_bedroom_128'), 'no faces to align: under "Where", choose'),
    ],
)
def test_what_cannot_be_is_one_line(bench, sky, watch, changes, said):
    wish = Wish(sky, **{'damage': 'grey', 'prior': PRIOR, **changes})
    with pytest.raises(UserError) as caught:
        bench(wish, watch)
    line = str(caught.value)
    assert said in line and '\n' not in line and '--' not in line
    assert str(sky.path.parent) not in line


def test_one_search_at_a_time(bench, photo, watch):
    with bench._lock:
        threading.Timer(0.1, watch.stop.set).start()
        with pytest.raises(Cancelled):  # stopped while it waits for the one before
            bench(Wish(photo, 'grey', None, PRIOR), watch)


def test_priors_that_are_here_are_offered():
    offered = offered_priors()
    assert {'dcgan_toyfaces', 'dcgan_digiface64'} <= set(offered)
    assert 'stylegan2_ffhq_1024' not in offered and all(offered.values())


@pytest.mark.parametrize(
    ('size', 'shown'), [((64, 64), 448), ((16, 8), 400), ((500, 300), 500), ((4000, 100), 1200)]
)
def test_sizes_on_a_screen(size, shown):
    assert max(for_screen(Image.new('RGB', size)).size) == shown
