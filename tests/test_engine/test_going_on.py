"""The same run on the same work dir: what it takes over, what it makes again, and what it says."""

from __future__ import annotations

import json
import shutil

import pytest

from mmgenprior.ledger.entries import decode
from mmgenprior.ledger.ledger import Ledger
from mmgenprior.ledger.settings import OtherSettingsError
from mmgenprior.utils.errors import UserError

from .conftest import NOISY, SR4, make_config, run, write_photos

KEYS = ['a', 'b', 'c9', 'c10', 'sub/a']
COMPARED = ('metrics.json', 'per_image.csv', 'sheet.png', *(f'restored/{key}.png' for key in KEYS))


def contents(folder):
    """Bytes of what an interruption must not change."""
    return {name: (folder / name).read_bytes() for name in COMPARED}


def stamps(folder):
    """When each restored picture was written."""
    files = {key: folder / 'restored' / f'{key}.png' for key in KEYS}
    return {key: f.stat().st_mtime_ns if f.is_file() else None for key, f in files.items()}


@pytest.fixture
def out(photos, tmp_path):
    run(make_config(photos, tmp_path / 'out'))
    return tmp_path / 'out'


@pytest.fixture
def whole(photos, tmp_path, out):
    return contents(out)


def again(config, out):
    """Which images a further call restores again."""
    before = stamps(out)
    run(config)
    return [key for key, stamp in stamps(out).items() if stamp != before[key]]


def test_nothing_is_restored_twice(photos, out, whole, capsys):
    assert again(make_config(photos, out), out) == []
    assert contents(out) == whole
    assert '5 of 5 images are done.' in capsys.readouterr().out


def test_a_torn_line_costs_its_image(photos, out, whole, capsys):
    part = out / 'parts' / 'rank0.jsonl'
    lines = part.read_bytes().splitlines()
    part.write_bytes(b'\n'.join(lines[:3]) + b'\n' + lines[3][:40])  # killed while writing
    for name in ('metrics.json', 'per_image.csv', 'sheet.png'):
        (out / name).unlink()
    assert again(make_config(photos, out), out) == ['c10', 'sub/a']
    assert contents(out) == whole
    said = capsys.readouterr().out
    assert said.count('line 4 of rank0.jsonl') == 1 and '3 of 5 images are done.' in said
    assert again(make_config(photos, out), out) == []
    assert 'rank0.jsonl' not in capsys.readouterr().out
    assert (out / 'parts' / 'damaged.txt').read_bytes() == lines[3][:40] + b'\n'


DAMAGE = {
    'a number': b'17',
    'null': b'null',
    'short': b'{"key": "b"',
    'empty object': b'{}',
    'deeply nested': b'[' * 100000,
    'nested object': b'{"key":' * 20000 + b'1' + b'}' * 20000,
    'binary': bytes(range(256)).replace(b'\n', b''),
    'a string': b'"b"',
}


def lacking(line):
    fields = json.loads(line)
    del fields['row']
    return json.dumps(fields).encode()


def changed(line):
    return line.replace(b'"has_gt": true', b'"has_gt": false')


@pytest.mark.parametrize('damage', [*DAMAGE, 'lacks a field', 'changed'])
def test_a_damaged_line_is_named_and_its_image_made_again(damage, photos, out, whole, capsys):
    part = out / 'parts' / 'rank0.jsonl'
    lines = part.read_bytes().splitlines()
    number = next(i for i, line in enumerate(lines) if decode(line).key == 'b')
    own = {'lacks a field': lacking, 'changed': changed}
    bad = own[damage](lines[number]) if damage in own else DAMAGE[damage]
    part.write_bytes(b'\n'.join([*lines[:number], bad, *lines[number + 1 :]]) + b'\n')
    capsys.readouterr()
    assert again(make_config(photos, out), out) == ['b']
    said = capsys.readouterr().out
    assert said.count('Damaged in the ledger') == 1 and f'line {number + 1} of' in said
    assert contents(out) == whole


@pytest.mark.parametrize(
    ('name', 'harm', 'reason'),
    [
        ('restored/b.png', None, 'restored/b.png is missing'),
        ('restored/b.png', lambda data: b'', 'restored/b.png was emptied'),
        ('restored/b.png', lambda data: data[: len(data) // 2], 'restored/b.png was changed'),
        ('restored/b.png', lambda data: data + b'x', 'restored/b.png was changed'),
        ('pictures/b.png', lambda data: b'', 'pictures/b.png was emptied'),
        ('pictures/b.png', lambda data: data[:100], 'pictures/b.png was changed'),
    ],
)
def test_a_harmed_picture_is_made_again(name, harm, reason, photos, out, whole, capsys):
    path = out / name
    good = path.read_bytes()
    if harm is None:
        path.unlink()
    else:
        path.write_bytes(harm(good))
    assert again(make_config(photos, out), out) == ['b']
    said = capsys.readouterr().out
    assert said.count('Made again') == 1 and f'b ({reason})' in said
    assert path.read_bytes() == good and contents(out) == whole


def test_a_replaced_photo_is_restored_again(photos, out, whole, tmp_path, capsys):
    photo = (photos / 'b.png').read_bytes()
    write_photos(tmp_path / 'others', ['x', 'y', 'b'])
    shutil.copy(tmp_path / 'others' / 'b.png', photos / 'b.png')
    assert again(make_config(photos, out), out) == ['b']
    assert 'b (its input was replaced)' in capsys.readouterr().out
    assert contents(out)['restored/b.png'] != whole['restored/b.png']
    run(make_config(photos, tmp_path / 'fresh'))
    assert contents(out) == contents(tmp_path / 'fresh')
    (photos / 'b.png').write_bytes(photo)
    assert again(make_config(photos, out), out) == ['b']
    assert contents(out) == whole
    (photos / 'b.png').touch()  # the same picture
    assert again(make_config(photos, out), out) == []


def test_replaced_weights_make_all_again(photos, tmp_path, capsys):
    import torch
    from mmagic.registry import MODELS

    prior = dict(
        type='DCGANPrior',
        generator=dict(type='DCGANGenerator', output_scale=32, base_channels=8, noise_size=4),
        latent='uniform',
    )

    def config():
        config = make_config(photos, tmp_path / 'out')
        weighted = prior | dict(checkpoint=str(tmp_path / 'weights.pth'))
        config['model'] = dict(type='CSGM', prior=weighted, stages=dict(CSGM=dict(iterations=2)))
        return config

    for seed in (0, 1):
        torch.manual_seed(seed)
        generator = MODELS.build(prior['generator'])
        torch.save(generator.state_dict(), tmp_path / 'weights.pth')
        run(config())
        if seed == 0:
            before = stamps(tmp_path / 'out')
    assert 'weights, or a file that the config names, were replaced' in capsys.readouterr().out
    now = stamps(tmp_path / 'out')
    assert all(now[key] != before[key] for key in KEYS)
    assert again(config(), tmp_path / 'out') == []
    entry = Ledger(tmp_path / 'out').read().entries['a']
    assert len(entry.trace) >= 2 and entry.seconds > 0 and entry.row['objective'] > 0


def test_more_images_and_fewer_go_on(photos, out, whole, tmp_path):
    few = make_config(photos, tmp_path / 'few')
    few['test_dataloader']['dataset']['indices'] = 2
    expected = run(few)
    few['work_dir'], few['experiment_name'] = str(out), 'few'
    assert again(few, out) == []
    assert json.loads((out / 'metrics.json').read_text()) == expected
    assert again(make_config(photos, out), out) == []
    assert contents(out) == whole
    more = make_config(photos, tmp_path / 'few')
    assert again(more, tmp_path / 'few') == ['c9', 'c10', 'sub/a']
    assert contents(tmp_path / 'few') == whole


def test_other_settings_are_refused_and_named(photos, out, whole):
    config = make_config(photos, out, degradation=SR4)
    config['model']['baselines'] = []
    with pytest.raises(OtherSettingsError) as refused:
        run(config)
    line = str(refused.value)
    assert '\n' not in line and 'model.baselines' in line and '--fresh' in line
    assert 'test_dataloader.dataset.pipeline.1.degradation.noise' in line
    assert contents(out) == whole
    assert again(make_config(photos, out, degradation=NOISY), out) == []


def test_fresh_moves_what_is_there_aside(photos, out, whole, capsys):
    from mmengine.config import Config
    from mmengine.runner import Runner

    (out / 'notes.txt').write_text('not ours')
    for number in (1, 2):
        runner = Runner.from_cfg(Config(make_config(photos, out, degradation=SR4)))
        (report,) = (hook for hook in runner.hooks if hasattr(hook, 'fresh'))
        report.fresh = True
        runner.test()
        assert (out / 'old' / str(number) / 'metrics.json').is_file()
    assert contents(out / 'old' / '1') == whole
    assert contents(out / 'old' / '2') == contents(out) != whole
    assert (out / 'notes.txt').is_file() and not (out / 'old' / '1' / 'old').exists()
    assert f'earlier runs are in {out / "old" / "2"}' in capsys.readouterr().out


def test_variants_that_were_not_saved_are_made(photos, out):
    assert again(make_config(photos, out, save_variants=True), out) == KEYS
    assert (out / 'variants' / 'zero-filled' / 'a.png').is_file()
    assert again(make_config(photos, out), out) == []


def test_a_fault_keeps_what_is_finished(photos, out, whole):
    good = (photos / 'c10.png').read_bytes()
    (photos / 'c10.png').write_bytes(b'damaged')
    with pytest.raises(UserError, match=r'c10\.png'):
        run(make_config(photos, out))
    # A summary of an earlier run must not pass for this one's.
    assert not (out / 'metrics.json').exists()
    assert sorted(Ledger(out).read().entries) == ['a', 'b', 'c9', 'sub/a']
    (photos / 'c10.png').write_bytes(good)
    assert again(make_config(photos, out), out) == ['c10']
    assert contents(out) == whole


def test_another_sampler_restores_all_again(photos, out, whole, capsys):
    config = make_config(photos, out)
    config['test_dataloader']['sampler'] = dict(type='DefaultSampler', shuffle=False)
    assert again(config, out) == KEYS
    assert 'DefaultSampler leaves out no image' in capsys.readouterr().out
    assert contents(out) == whole
