"""MMagic's own train.py and test.py, on today's packages and on what Degrade makes."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image

from mmgenprior.cli.commands.mmagic_tool import find_tool
from mmgenprior.utils.errors import ExitCode, UserError

from .conftest import ROOT, command

PAGE = ROOT / 'docs' / 'openmmlab.md'

# The config of docs/openmmlab.md, cut short, with a test on the same photos.
SHORT = """
_base_ = './page.py'
train_dataloader = dict(batch_size=2, num_workers=0)
train_cfg = dict(max_iters=2)
default_hooks = dict(checkpoint=dict(out_dir=None, interval=2))
val_dataloader = val_evaluator = val_cfg = None
degradation = dict(physics=dict(type='BicubicDownsampling', factor=4))
test_dataloader = [dict(
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='BasicImageDataset',
        metainfo=dict(dataset_type='own', task_name='sisr'),
        data_root='data/photos',
        data_prefix=dict(gt=''),
        pipeline=[
            dict(type='LoadImageFromFile', key='gt', color_type='color', channel_order='rgb'),
            dict(type='Degrade', degradation=degradation),
            dict(type='PackInputs'),
        ],
    ),
)]
test_evaluator = [dict(type='Evaluator', metrics=[dict(type='PSNR')])]
test_cfg = dict(type='MultiTestLoop')
"""


def test_tools_are_found_and_the_nearest_is_named():
    assert find_tool('test').name == 'test.py'
    assert find_tool('analysis_tools/print_config.py').parent.name == 'analysis_tools'
    with pytest.raises(UserError, match=r"no tool 'tset' \(did you mean test\?\); its tools: test"):
        find_tool('tset')


@pytest.mark.slow
def test_stock_train_and_test_run(tmp_path):
    photos = tmp_path / 'data' / 'photos'
    photos.mkdir(parents=True)
    for name in 'ab':
        pixels = np.random.default_rng(0).integers(0, 256, (160, 144, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(photos / f'{name}.png')
    (page,) = (
        block
        for block in re.findall(r'```py\n(.*?)```', PAGE.read_text(), re.DOTALL)
        if 'EpochSampler' in block
    )
    (tmp_path / 'page.py').write_text(page)
    (tmp_path / 'srcnn.py').write_text(SHORT)
    done = command('mmagic-tool', 'train', 'srcnn.py', '--work-dir', 'out', cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / 'out' / 'iter_2.pth').is_file()
    words = ['mmagic-tool', 'test', 'srcnn.py', 'out/iter_2.pth', '--out', 'numbers.json']
    done = command(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads((tmp_path / 'numbers.json').read_text())
    done = command('mmagic-tool', 'test', cwd=tmp_path)
    assert done.returncode == ExitCode.USAGE and 'config' in done.stderr.splitlines()[-1]
