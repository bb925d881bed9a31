"""MMagic's own train.py and test.py, on today's packages and on what Degrade makes."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from mmgenprior.cli.commands.mmagic_tool import find_tool
from mmgenprior.utils.errors import ExitCode, UserError

from .conftest import command

# As docs/openmmlab.md shows it, small.
CONFIG = """
_base_ = 'mmagic::srcnn/srcnn_x4k915_1xb16-1000k_div2k.py'
custom_imports = dict(imports=['mmgenprior.components'], allow_failed_imports=False)
degradation = dict(physics=dict(type='BicubicDownsampling', factor=4))
load = dict(type='LoadImageFromFile', key='gt', color_type='color', channel_order='rgb')
train_pipeline = [
    load,
    dict(type='Degrade', degradation=degradation, epoch_seed=True),
    dict(type='PackInputs'),
]
photos = dict(
    type='BasicImageDataset',
    metainfo=dict(dataset_type='mine', task_name='sisr'),
    data_root='photos',
    data_prefix=dict(gt=''),
)
train_dataloader = dict(
    batch_size=2,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(_delete_=True, type='EpochSampler', sampler=dict(type='InfiniteSampler')),
    dataset=dict(_delete_=True, **photos, pipeline=train_pipeline),
)
test_dataloader = dict(
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        **photos, pipeline=[load, dict(type='Degrade', degradation=degradation),
                            dict(type='PackInputs')]
    ),
)
test_dataloader, test_evaluator, test_cfg = (
    [test_dataloader], [dict(type='Evaluator', metrics=[dict(type='PSNR')])],
    dict(type='MultiTestLoop'),
)
val_dataloader = val_evaluator = val_cfg = None
train_cfg = dict(_delete_=True, type='IterBasedTrainLoop', max_iters=2)
default_hooks = dict(checkpoint=dict(out_dir=None, interval=2))
"""


def test_tools_are_found_and_the_nearest_is_named():
    assert find_tool('test').name == 'test.py'
    assert find_tool('analysis_tools/print_config.py').parent.name == 'analysis_tools'
    with pytest.raises(UserError, match=r"no tool 'tset' \(did you mean test\?\); its tools: test"):
        find_tool('tset')


@pytest.mark.slow
def test_stock_train_and_test_run(tmp_path):
    (tmp_path / 'photos').mkdir()
    for name in 'ab':
        pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / 'photos' / f'{name}.png')
    (tmp_path / 'srcnn.py').write_text(CONFIG)
    done = command('mmagic-tool', 'train', 'srcnn.py', '--work-dir', 'out', cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / 'out' / 'iter_2.pth').is_file()
    shutil.rmtree(tmp_path / 'work_dirs', ignore_errors=True)
    words = ['mmagic-tool', 'test', 'srcnn.py', 'out/iter_2.pth', '--out', 'numbers.json']
    done = command(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads((tmp_path / 'numbers.json').read_text())
    done = command('mmagic-tool', 'test', cwd=tmp_path)
    assert done.returncode == ExitCode.USAGE and 'config' in done.stderr.splitlines()[-1]
