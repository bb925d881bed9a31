"""Weight files: found, safe, whole and fitting, or one clear line."""

import os
import pickle
import re
import zipfile
from collections import OrderedDict

import pytest
import torch

from mmgenprior.priors import CheckpointError, load_generator, resolve_checkpoint

from .conftest import CONFIGS, build, enliven, latents_of


def one_line(error):
    text = str(error.value)
    assert text and '\n' not in text
    return text


@pytest.fixture
def source():
    return enliven(build(CONFIGS['began'], init_seed=3))


@pytest.fixture
def target():
    return build(CONFIGS['began'], init_seed=4)


def stored(tmp_path, content, name='weights.pth'):
    torch.save(content, tmp_path / name)
    return tmp_path / name


def prefixed(state, prefix):
    return {f'{prefix}{key}': value for key, value in state.items()}


LAYOUTS = {
    'plain': lambda s: (s, None),
    'plain, ordered': lambda s: (OrderedDict(s), ''),
    'nested': lambda s: ({'state_dict': s, 'meta': {'epoch': 1}}, None),
    'generator': lambda s: ({**prefixed(s, 'generator.'), 'discriminator.w': torch.ones(1)}, None),
    'ema module': lambda s: (
        {
            **prefixed({k: v * 0 for k, v in s.items()}, 'generator.'),
            **prefixed(s, 'generator_ema.module.'),
            'generator_ema.steps': torch.tensor(7),
        },
        None,
    ),
    'ema flat': lambda s: (
        {**prefixed(s, 'generator_ema.'), 'generator_ema.steps': torch.tensor(7)},
        'generator_ema',
    ),
    'raw beside ema': lambda s: (
        {
            **prefixed({k: v * 0 for k, v in s.items()}, 'generator_ema.module.'),
            **prefixed(s, 'generator.'),
        },
        'generator',
    ),
    'own prefix': lambda s: ({'state_dict': prefixed(s, 'prior.generator.')}, 'prior.generator.'),
}


@pytest.mark.parametrize('layout', list(LAYOUTS))
def test_accepted_layouts(layout, source, target, tmp_path):
    content, prefix = LAYOUTS[layout](source.generator.state_dict())
    file = stored(tmp_path, content)
    latents = latents_of(source, 1)
    assert not torch.equal(target(latents), source(latents))
    loaded = build(CONFIGS['began'], checkpoint=str(file), checkpoint_prefix=prefix)
    assert torch.equal(loaded(latents), source(latents))


def test_safetensors(source, target, tmp_path):
    from safetensors.torch import save_file

    file = tmp_path / 'weights.safetensors'
    save_file(source.generator.state_dict(), str(file))
    assert load_generator(target.generator, file) == file
    latents = latents_of(source, 1)
    assert torch.equal(target(latents), source(latents))
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match='damaged: fetch it again') as error:
        load_generator(target.generator, file)
    assert str(file) in one_line(error)


def test_home_is_expanded(source, tmp_path, monkeypatch):
    stored(tmp_path, source.generator.state_dict())
    monkeypatch.setenv('HOME', str(tmp_path))
    assert resolve_checkpoint('~/weights.pth') == tmp_path / 'weights.pth'


def test_missing_file(tmp_path):
    with pytest.raises(CheckpointError) as error:
        build(CONFIGS['began'], checkpoint=str(tmp_path / 'none' / 'began.pth'))
    text = one_line(error)
    assert 'none/began.pth' in text and f"in '{tmp_path}/none'" in text
    assert 'MGP_PRIOR_ROOT' in text
    with pytest.raises(CheckpointError, match='is a folder'):
        resolve_checkpoint(tmp_path)


def test_a_bare_name_is_looked_up_in_the_folder_of_priors(tmp_path, monkeypatch):
    (tmp_path / 'here').mkdir()
    monkeypatch.chdir(tmp_path / 'here')
    monkeypatch.setenv('MGP_PRIOR_ROOT', str(tmp_path / 'root'))
    with pytest.raises(CheckpointError, match='MGP_PRIOR_ROOT') as error:
        resolve_checkpoint('weights.pth')
    assert str(tmp_path / 'here') in one_line(error) and str(tmp_path / 'root') in one_line(error)
    (tmp_path / 'root').mkdir()
    kept, near = (folder / 'weights.pth' for folder in (tmp_path / 'root', tmp_path / 'here'))
    kept.touch()
    assert resolve_checkpoint('weights.pth') == kept
    with pytest.raises(CheckpointError, match="in '.*here'"):
        resolve_checkpoint('./weights.pth')
    near.touch()
    assert resolve_checkpoint('weights.pth').samefile(near)
    with pytest.raises(CheckpointError, match="'..' is a folder"):
        resolve_checkpoint('..')


def test_keys_that_do_not_fit(source, target, tmp_path):
    state = dict(source.generator.state_dict())
    before = {k: v.clone() for k, v in target.generator.state_dict().items()}
    del state['embed1.bias']
    state['extra.weight'] = torch.ones(2)
    state['deconv1.0.bias'] = torch.ones(5)
    with pytest.raises(CheckpointError) as error:
        load_generator(target.generator, stored(tmp_path, state))
    text = one_line(error)
    assert 'weights.pth' in text and 'BEGANGenerator' in text
    assert 'missing keys: embed1.bias' in text
    assert 'unexpected keys: extra.weight' in text
    assert 'wrong shapes: deconv1.0.bias (5,) instead of (8,)' in text
    after = target.generator.state_dict()
    assert all(torch.equal(before[k], after[k]) for k in before), 'a refused file left traces'


@pytest.mark.parametrize('key', ['embed1.weight', 'deconv3.2.bias', 'deconv4.4.weight'])
@pytest.mark.parametrize('fault', ['missing', 'unexpected', 'shape'])
def test_a_single_fault_is_enough(key, fault, source, target, tmp_path):
    state = dict(source.generator.state_dict())
    if fault == 'missing':
        del state[key]
    elif fault == 'unexpected':
        state[f'{key}.x'] = torch.ones(1)
    else:
        state[key] = state[key][:1]
    with pytest.raises(CheckpointError, match=re.escape(key)):
        load_generator(target.generator, stored(tmp_path, state))


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        (lambda v: v.index_fill(0, torch.tensor([1]), float('nan')), r'not finite.*: embed1.bias$'),
        (lambda v: v.index_fill(0, torch.tensor([1]), float('inf')), r'not finite.*: embed1.bias$'),
        (lambda v: v.half() * float('nan'), r'not finite.*: embed1.bias$'),
        (lambda v: v.int(), r'no floating-point numbers: embed1.bias \(int32\)$'),
        (lambda v: v.bool(), r'no floating-point numbers: embed1.bias \(bool\)$'),
        (lambda v: v + 0j, r'no floating-point numbers: embed1.bias \(complex64\)$'),
    ],
)
def test_weights_that_are_no_numbers(change, said, source, target, tmp_path):
    state = dict(source.generator.state_dict())
    state['embed1.bias'] = change(state['embed1.bias'])
    with pytest.raises(CheckpointError, match=said) as error:
        load_generator(target.generator, stored(tmp_path, state))
    assert 'weights.pth' in one_line(error)


def test_another_family(target, tmp_path):
    other = build(CONFIGS['dcgan'])
    with pytest.raises(CheckpointError, match='and 2 more|missing keys: embed1') as error:
        load_generator(target.generator, stored(tmp_path, other.generator.state_dict()))
    assert 'noise2feat' in one_line(error)


def test_batch_norm_counter_may_be_absent(tmp_path):
    one, two = (enliven(build(CONFIGS['dcgan'], init_seed=s)) for s in (1, 2))
    state = one.generator.state_dict()
    old = {k: v for k, v in state.items() if not k.endswith('num_batches_tracked')}
    assert len(old) < len(state)
    load_generator(two.generator, stored(tmp_path, old))
    latents = latents_of(one, 1)
    assert torch.equal(one(latents), two(latents))


@pytest.mark.parametrize('name', ['biggan', 'biggan-torch', 'stylegan1-w+', 'stylegan3-w+'])
def test_every_kind_of_state_returns(name, tmp_path):
    one = enliven(build(CONFIGS[name], init_seed=1))
    file = stored(tmp_path, {'state_dict': prefixed(one.generator.state_dict(), 'generator_ema.')})
    two = build(CONFIGS[name], init_seed=2, checkpoint=str(file))
    latents = latents_of(one, 1)
    assert torch.equal(one(latents), two(latents))


def test_no_such_prefix(source, target, tmp_path):
    file = stored(tmp_path, prefixed(source.generator.state_dict(), 'generator.'))
    with pytest.raises(CheckpointError, match="no key starts with 'generator_ema.'") as error:
        load_generator(target.generator, file, 'generator_ema')
    assert 'generator' in one_line(error)


class Payload:
    """A pickle that would create a file when it is loaded."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


def test_code_is_refused_and_not_run(source, target, tmp_path):
    marker = tmp_path / 'executed'
    content = {'state_dict': source.generator.state_dict(), 'meta': Payload(marker)}
    file = stored(tmp_path, content)
    with pytest.raises(CheckpointError, match='refused') as error:
        load_generator(target.generator, file)
    text = one_line(error)
    assert 'mkdir' in text and str(file) in text
    assert not marker.exists()
    bare = tmp_path / 'bare.pth'
    bare.write_bytes(pickle.dumps({'w': Payload(marker)}))
    with pytest.raises(CheckpointError, match='refused') as error:
        load_generator(target.generator, bare)
    assert 'mkdir' in one_line(error)
    assert not marker.exists()


def test_whole_modules_are_refused(source, target, tmp_path):
    file = stored(tmp_path, source.generator)
    with pytest.raises(CheckpointError, match='refused.*BEGANGenerator') as error:
        load_generator(target.generator, file)
    one_line(error)


@pytest.mark.parametrize('share', [0.0, 0.01, 0.5, 0.99])
def test_truncated_files(share, source, target, tmp_path):
    file = stored(tmp_path, source.generator.state_dict())
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(
        CheckpointError, match='damaged, truncated|is empty|something else'
    ) as error:
        load_generator(target.generator, file)
    assert str(file) in one_line(error)


def test_garbage_files(target, tmp_path):
    page = tmp_path / 'page.pth'
    page.write_bytes(b'<!DOCTYPE html><html><body>404 not found</body></html>')
    archive = tmp_path / 'archive.pth'
    with zipfile.ZipFile(archive, 'w') as z:
        z.writestr('readme.txt', 'no weights')
    for file in (page, archive):
        with pytest.raises(
            CheckpointError, match='damaged, truncated|is empty|something else'
        ) as error:
            load_generator(target.generator, file)
        assert str(file) in one_line(error)


NUMBERED = {1: torch.zeros(2), 'w': torch.zeros(2)}
CONTENTS = [[1, 2], {}, {'state_dict': {}}, {'w': 'text'}, 3.0, NUMBERED, {'state_dict': NUMBERED}]


@pytest.mark.parametrize('content', CONTENTS)
def test_files_without_a_state_dict(content, target, tmp_path):
    with pytest.raises(CheckpointError, match='state dict') as error:
        load_generator(target.generator, stored(tmp_path, content))
    one_line(error)
