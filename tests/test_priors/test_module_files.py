"""Generators out of code and files: what is loaded, and that nothing runs unasked."""

import os
import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from mmgenprior.priors import CheckpointError, ModulePrior, build_prior, prior_config
from mmgenprior.priors.module_files import archive_kind
from mmgenprior.utils.errors import UserError

from .conftest import Scripted, latents_of, seeded
from .module_files import Tiny

FILE = Path(__file__).with_name('module_files.py')
TORCH = tuple(int(part) for part in torch.__version__.split('.')[:2])
needs_export = pytest.mark.skipif(TORCH < (2, 6), reason='older files are unpickled')


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """The same generator in every form."""
    folder = tmp_path_factory.mktemp('programs')
    module, z = seeded(Scripted), torch.zeros(2, 10)
    torch.jit.save(torch.jit.script(module), folder / 'script.pt')
    torch.jit.save(torch.jit.trace(module, z), folder / 'trace.pt')
    torch.jit.save(torch.jit.freeze(torch.jit.script(module)), folder / 'frozen.pt')
    if TORCH >= (2, 6):
        batch = dict(z={0: torch.export.Dim('batch')})
        torch.export.save(
            torch.export.export(module, (z,), dynamic_shapes=batch), folder / 'dynamic.pt2'
        )
        torch.export.save(torch.export.export(module, (z[:1],)), folder / 'static.pt2')
    torch.save(module, folder / 'pickled.pth')
    torch.save(module.state_dict(), folder / 'weights.pth')
    return folder


FORMS = [
    'script.pt',
    'trace.pt',
    'frozen.pt',
    pytest.param('dynamic.pt2', marks=needs_export),
    pytest.param('static.pt2', marks=needs_export),
]


@pytest.mark.parametrize('form', FORMS)
def test_every_form_is_the_same_generator(files, form):
    expected = ModulePrior(seeded(Scripted), 10)
    prior = ModulePrior(files / form, 10, trust=True)
    latents = latents_of(prior, 3)
    torch.testing.assert_close(prior(latents), expected(latents), rtol=0, atol=1e-6)
    code = latents['z'].requires_grad_()
    one, other = (
        torch.autograd.grad(p({'z': code}).square().sum(), code)[0] for p in (prior, expected)
    )
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
    assert prior.supports_forward_mode and prior.train().training is False
    titles = [title.removeprefix('program.') for title, _ in prior.block_names]
    assert titles == ([] if form == 'frozen.pt' else ['fc', 'body.2'])
    if form == 'frozen.pt':  # constants stay what they are
        return
    assert prior.double()({'z': code.double()}).dtype == torch.float64


@pytest.mark.parametrize('form', FORMS)
def test_programs_run_with_trust_alone(files, form):
    with pytest.raises(UserError, match=f'{form}.*runs code: set trust=True'):
        ModulePrior(files / form, 10)


def test_pickles_are_never_read(files, tmp_path):
    for name in ('pickled.pth', 'weights.pth'):
        with pytest.raises(CheckpointError, match='neither TorchScript .* nor a torch.export'):
            ModulePrior(files / name, 10, trust=True)
    (tmp_path / 'noise.pt').write_bytes(b'noise')
    with pytest.raises(CheckpointError, match='neither TorchScript'):
        ModulePrior(tmp_path / 'noise.pt', 10, trust=True)
    with pytest.raises(CheckpointError, match='not found'):
        ModulePrior(tmp_path / 'nothing.pt', 10, trust=True)


class Payload:
    """Leaves a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def rewritten(source, target, change):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, 'w') as new:
        for item in old.infolist():
            content = change(item.filename, old.read(item))
            if content is not None:
                new.writestr(item.filename, content)


@needs_export
def test_an_exported_program_unpickles_nothing(files, tmp_path):
    torch.save((Payload(tmp_path / 'ran'),), tmp_path / 'payload')
    payload = (tmp_path / 'payload').read_bytes()
    rewritten(
        files / 'dynamic.pt2',
        tmp_path / 'evil.pt2',
        lambda name, content: payload if name.endswith('sample_inputs/model.pt') else content,
    )
    before = dict(os.environ)
    with pytest.raises(CheckpointError, match='cannot be loaded as torch.export') as error:
        ModulePrior(tmp_path / 'evil.pt2', 10, trust=True)
    assert '\n' not in str(error.value) and not (tmp_path / 'ran').exists()
    assert dict(os.environ) == before
    pickle.loads(pickle.dumps(Payload(tmp_path / 'ran')))
    assert (tmp_path / 'ran').exists(), 'the payload works'


def test_a_damaged_program_is_named(files, tmp_path):
    rewritten(
        files / 'script.pt',
        tmp_path / 'damaged.pt',
        lambda name, content: content[:-9] if name.endswith('data.pkl') else content,
    )
    assert archive_kind(tmp_path / 'damaged.pt') == 'TorchScript'
    with pytest.raises(CheckpointError, match='cannot be loaded as TorchScript') as error:
        ModulePrior(tmp_path / 'damaged.pt', 10, trust=True)
    assert '\n' not in str(error.value)


# ---- import paths


def test_an_import_path_with_arguments_and_weights(tmp_path):
    torch.save(
        {'decoder.' + k: v for k, v in seeded(Tiny).state_dict().items()}, tmp_path / 'w.pth'
    )
    for source in (f'{FILE}:Tiny', f'{FILE}:tiny'):
        prior = ModulePrior(
            source,
            6,
            module_kwargs=dict(width=4),
            trust=True,
            checkpoint=tmp_path / 'w.pth',
            checkpoint_prefix='decoder',
        )
        latents = latents_of(prior, 1)
        assert torch.equal(prior(latents), ModulePrior(seeded(Tiny), 6)(latents))
    with pytest.raises(CheckpointError, match='wrong shapes'):
        ModulePrior(
            f'{FILE}:Tiny',
            6,
            dict(width=2),
            trust=True,
            checkpoint=tmp_path / 'w.pth',
            checkpoint_prefix='decoder',
        )


@pytest.mark.parametrize(
    'source, words',
    [
        ('torchvision.nowhere:Net', "there is no module 'torchvision.nowhere'"),
        ('nowhere.at.all:Net', "there is no module 'nowhere'"),
        ('torch.nn:Lineer', r"has no 'Lineer' \(did you mean Linear"),
        ('torch:pi', 'is no class or function'),
        ('nowhere.py:Net', "there is no file '.*nowhere.py'"),
        (f'{FILE}:nothing', 'makes a int, not a torch.nn.Module'),
        (3, 'module=3: give a torch.nn.Module'),
    ],
)
def test_what_an_import_path_cannot_name(source, words):
    with pytest.raises(UserError, match=words) as error:
        ModulePrior(source, 6, trust=True)
    assert '\n' not in str(error.value)


@pytest.mark.parametrize(
    'source', ['os:getcwd', f'{FILE}:Tiny', dict(type='os.getcwd'), dict(type='mmengine.os.getcwd')]
)
def test_nothing_is_imported_without_trust(source):
    with pytest.raises(UserError, match='runs code: set trust=True'):
        ModulePrior(source, 6)
    with pytest.raises(UserError, match='runs code: set trust=True'):
        ModulePrior(source, 6, trust='yes')


def test_a_registered_module_needs_no_trust():
    generator = dict(type='BEGANGenerator', out_size=16, noise_size=10, channels=8)
    prior = build_prior(dict(type='ModulePrior', module=generator, latent_shape=10))
    assert prior.image_shape == (3, 16, 16)
    assert [title for title, _ in prior.block_names][0] == 'embed1'


def test_a_catalogue_cannot_say_trust(tmp_path, monkeypatch):
    catalogue = """
priors:
  own: {about: ours, file: w.pth, sha256: '01234567',
        prior: {type: ModulePrior, module: 'os:getcwd', latent_shape: 3%s}}
"""
    for said in ('', ', trust: true'):
        (tmp_path / f'zoo{len(said)}.yml').write_text(catalogue % said)
    monkeypatch.setenv('MGP_CATALOGUE', str(tmp_path / 'zoo0.yml'))
    with pytest.raises(UserError, match='runs code'):
        build_prior('own')
    assert prior_config('own', trust=True)['trust'] is True
    monkeypatch.setenv('MGP_CATALOGUE', str(tmp_path / 'zoo13.yml'))
    with pytest.raises(UserError, match='a catalogue is data and cannot say trust'):
        prior_config('own')
