"""Names and addresses of weight files, and the catalogue behind the names."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml

from mmgenprior.cli.configs import find_config
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.catalogue import catalogue, find_entry
from mmgenprior.weights.download import DownloadError
from mmgenprior.weights.resolve import (
    cache_dir,
    fetch_address,
    fetch_entry,
    resolve_checkpoint,
    split_address,
)

CONTENT = b'weights'
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ENTRY = dict(
    about='ours', file='a/w.pth', sha256=SHA256, prior=dict(type='BEGANPrior', generator={})
)
WHEEL = dict(package='a-gan', version='1.0', sha256=SHA256, member='a/w.pth')


@pytest.fixture
def private(tmp_path, monkeypatch):
    """Writes a catalogue and names it in the environment."""

    def write(priors, base='https://example.org/zoo/'):
        path = tmp_path / 'own.yml'
        path.write_text(yaml.safe_dump(dict(base=base, priors=priors)))
        monkeypatch.setenv('MGP_CATALOGUE', str(path))
        monkeypatch.delenv('MGP_MIRROR', raising=False)
        return path

    return write


def test_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv('MGP_PRIOR_ROOT', str(tmp_path))
    assert cache_dir() == tmp_path
    monkeypatch.setenv('MGP_PRIOR_ROOT', '')
    monkeypatch.setenv('HOME', str(tmp_path))
    assert cache_dir() == tmp_path / '.cache' / 'mmgenprior'


@pytest.mark.parametrize(
    ('variable', 'function'), [('MGP_PRIOR_ROOT', cache_dir), ('MGP_CATALOGUE', catalogue)]
)
def test_unknown_home_is_one_line(variable, function, monkeypatch):
    monkeypatch.setenv(variable, '~no_such_user/x')
    with pytest.raises(UserError, match=f"{variable}: '~no_such_user/x'.*without '~'"):
        function()
    monkeypatch.delenv(variable)
    with pytest.raises(UserError, match="checkpoint: '~no_such_user/x.pth'"):
        resolve_checkpoint('~no_such_user/x.pth')
    with pytest.raises(UserError, match="config: '~no_such_user/x.py'"):
        find_config('~no_such_user/x.py')


def test_private_entries_join_and_replace(private):
    packaged = set(catalogue())
    private({'ours': ENTRY, 'pggan_celebahq_1024': ENTRY})
    assert set(catalogue()) == packaged | {'ours'}
    assert find_entry('ours').url == 'https://example.org/zoo/a/w.pth'
    assert find_entry('pggan_celebahq_1024').sha256 == SHA256


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (dict(sha256=12345678), 'in quotes'),
        (dict(sha256='0123'), '8 to 64'),
        (dict(file='../w.pth'), "'file'"),
        (dict(file='a//w.pth'), "'file'"),
        (dict(prior='PGGAN'), "'generator'"),
        (dict(colour='red'), "'colour' is unknown"),
        (dict(about=...), "'about' is missing"),
        ({7: 'seven', 'colour': 'red'}, "'7' is unknown, 'colour' is unknown"),
        (dict(about=7), "'about' must be a line of text, not 7"),
        (dict(file=[1]), "'file' must be a path below 'base', not"),
        (dict(prior=dict(generator={})), "'type'"),
        (dict(prior=dict(type='BEGANPrior', generator=3)), "'generator'"),
        (dict(size='abc'), "'size' must be a number of bytes, not 'abc'"),
        (dict(size=-1), "'size'"),
        (dict(stock=3), "'stock'"),
        (dict(discriminator=5), "'discriminator' must be a config with a 'type', not 5"),
        (dict(discriminator=dict(input_scale=64)), "'discriminator'"),
        (dict(discriminator_prefix=None), "'discriminator_prefix'"),
        (dict(discriminator_channel_order='red'), "'rgb' or 'bgr', not 'red'"),
        (dict(discriminator_channel_order=['rgb']), "'rgb' or 'bgr'"),
        (dict(resolution='64'), "'resolution' must be a number of pixels"),
        (dict(framing=''), "'framing' must be a line of text"),
        (dict(framing=dict(eyes=[[0.3, 0.5], [0.7, 0.5]])), "a line of text in 'about'"),
        (dict(framing=dict(about='x', eyes=[[0.7, 0.5], [0.3, 0.5]])), "two points in 'eyes'"),
        (dict(framing=dict(about='x', eyes=[[30, 50], [70, 50]])), "two points in 'eyes'"),
        (dict(framing=dict(about='x', face=[0, 0, 1, 1])), "or 'about', 'eyes', 'mouth'"),
        (dict(wheel='gan'), "'wheel' must be 'package', 'version'"),
        (dict(wheel=WHEEL | dict(package='--index-url=x')), "'wheel'"),
        (dict(wheel=WHEEL | dict(version='*')), "'wheel'"),
        (dict(wheel=WHEEL | dict(version=1.0)), "'wheel'"),
        (dict(wheel=WHEEL | dict(sha256=SHA256[:8])), "'wheel'"),
        (dict(wheel=WHEEL | dict(colour='red')), "'wheel'"),
        (dict(wheel={k: v for k, v in WHEEL.items() if k != 'member'}), "'wheel'"),
    ],
)
def test_incomplete_entry(change, said, private):
    fields = {key: value for key, value in {**ENTRY, **change}.items() if value is not ...}
    path = private({'ours': fields})
    with pytest.raises(UserError, match=said) as error:
        catalogue()
    assert str(path) in str(error.value) and '\n' not in str(error.value)


@pytest.mark.parametrize(
    'text', ['', '- a\n', 'base: https://x\n', 'base: ftp://x\npriors: {}\n', '{']
)
def test_no_catalogue(text, private):
    path = private({})
    path.write_text(text)
    with pytest.raises(UserError, match='own.yml') as error:
        catalogue()
    assert '\n' not in str(error.value)
    path.unlink()
    with pytest.raises(UserError, match='MGP_CATALOGUE'):
        catalogue()


def test_files_beside_a_catalogue(tmp_path, monkeypatch):
    catalogue_file = tmp_path / 'own.yml'
    catalogue_file.write_text(yaml.safe_dump(dict(priors={'ours': ENTRY})))
    monkeypatch.setenv('MGP_CATALOGUE', str(catalogue_file))
    with pytest.raises(DownloadError, match='there is no file'):
        fetch_entry(find_entry('ours'))
    (tmp_path / 'a').mkdir()
    (tmp_path / 'a' / 'w.pth').write_bytes(CONTENT)
    assert fetch_entry(find_entry('ours')) == tmp_path / 'a' / 'w.pth'
    (tmp_path / 'a' / 'w.pth').write_bytes(b'others')
    with pytest.raises(DownloadError, match='SHA-256'):
        fetch_entry(find_entry('ours'))
    with pytest.raises(UserError, match='is not fetched'):
        _ = find_entry('ours').url


def test_misspelt_name():
    with pytest.raises(UserError, match='did you mean pggan_celebahq_1024'):
        find_entry('pggan_celebahq1024')
    with pytest.raises(UserError, match='--list'):
        find_entry('zzz')


def test_mirror_replaces_the_base(private, loopback, tmp_path, monkeypatch):
    private({'ours': ENTRY})
    loopback.files['/mirror/a/w.pth'] = CONTENT
    monkeypatch.setenv('MGP_PRIOR_ROOT', str(tmp_path / 'root'))
    for mirror in (f'{loopback.url}/mirror', f'{loopback.url}/mirror/'):
        monkeypatch.setenv('MGP_MIRROR', mirror)
        file = fetch_entry(find_entry('ours'), force=True)
        assert file == tmp_path / 'root' / 'w.pth' and file.read_bytes() == CONTENT
    assert fetch_entry(find_entry('ours'), tmp_path / 'x') == tmp_path / 'x' / 'w.pth'
    for mirror in (tmp_path.as_uri(), str(tmp_path), 'localhost:8000'):
        monkeypatch.setenv('MGP_MIRROR', mirror)
        with pytest.raises(UserError, match='MGP_MIRROR: .* http.*MGP_PRIOR_ROOT') as error:
            fetch_entry(find_entry('ours'), tmp_path / 'y')
        assert mirror in str(error.value)
        assert fetch_entry(find_entry('ours')) == file  # it is here already


@pytest.mark.parametrize(
    ('address', 'expected'),
    [
        ('https://h/a/w-0123abcd.pth', ('https://h/a/w-0123abcd.pth', 'w-0123abcd.pth')),
        ('https://h/w.pth#sha256=0123abcd', ('https://h/w.pth', 'w-0123abcd.pth')),
        ('http://h/w.pth?k=1&sha256=0123ABCD', ('http://h/w.pth?k=1', 'w-0123abcd.pth')),
        ('https://h/a%20b.safetensors#sha256=0123abcd99', ('https://h/a%20b.safetensors', ...)),
    ],
)
def test_address(address, expected):
    url, name, sha256 = split_address(address)
    assert url == expected[0]
    assert name == (expected[1] if expected[1] is not ... else 'a b-0123abcd.safetensors')
    assert sha256.lower().startswith('0123abcd')


@pytest.mark.parametrize(
    ('address', 'said'),
    [
        ('https://h/w.pth', "add '#sha256='"),
        ('https://h/w-0123.pth', "add '#sha256='"),
        ('https://h/w.pth#sha256=xyz', "add '#sha256='"),
        ('https://h/#sha256=0123abcd', 'names no weight file'),
        ('https://h/..%2f..%2f.pth#sha256=0123abcd', 'names no weight file'),
        ('s3://h/w-0123abcd.pth', 'only http and https'),
        ('http://[h/w-0123abcd.pth', 'no valid address'),
    ],
)
def test_refused_address(address, said):
    with pytest.raises(DownloadError) as error:
        split_address(address)
    assert said in str(error.value) and address in str(error.value)
    assert '\n' not in str(error.value)


def test_address_is_fetched_once(loopback, tmp_path, monkeypatch):
    monkeypatch.setenv('MGP_PRIOR_ROOT', str(tmp_path))
    loopback.files['/w.pth'] = CONTENT
    for _ in range(2):
        file = fetch_address(f'{loopback.url}/w.pth#sha256={SHA256}')
        assert file == Path(tmp_path, f'w-{SHA256[:8]}.pth') and file.read_bytes() == CONTENT
    assert len(loopback.log) == 1
