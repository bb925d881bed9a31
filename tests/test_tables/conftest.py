"""A paper of two tables on toy faces, and real runs of it with a few iterations."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmgenprior.cli.main import run_command
from mmgenprior.utils.errors import ExitCode

ROOT = Path(__file__).resolve().parents[2]
PAPER = """
title: A tiny paper
defaults: {doc: '<method.title>, <setting.title>.'}
methods:
  csgm:
    title: CSGM
    base: csgm_dcgan64
    model:
      stages: {CSGM: {iterations: 3}}
      restarts: 1
      back_projection: true
      baselines: [{type: Bicubic}]
  bicubic: {title: Bicubic, base: bicubic64}
  lost: {title: A prior that is lost, base: csgm_dcgan64, model: {prior: {checkpoint: lost.pth}}}
data: {toyfaces: }
settings:
  sr4: {title: ×4}
  sr8: {title: ×8}
experiments:
- {on_demand: true, data: [toyfaces], settings: [sr4, sr8], methods: [csgm, bicubic, lost]}
numbers:
  toyfaces:
    sr4:
      csgm: {PSNR: 20.5, PS: 0.235, CSGM-BP/PSNR: 26.4}
tables:
  '1':
    title: Enlarged
    source: Tiny, Table 1
    images: 100
    metrics: {PSNR: PooledPSNR, SSIM: SSIM, Identity: Identity}
    rows:
    - {row: ×4, data: toyfaces, setting: sr4}
    columns:
    - {column: SinGAN, numbers: {×4: {PSNR: 20.8}}}
    - {column: Bicubic, method: bicubic}
    - {column: CSGM, method: csgm, variant: CSGM}
    - {column: CSGM-BP, method: csgm, variant: CSGM-BP, printed: CSGM-BP}
    - {column: Bicubic-BP, method: bicubic, variant: bicubic-BP}
    - {column: Lost, method: lost}
  today:
    title: Choices
    metrics: {PSNR: PSNR, Consistency: Consistency}
    against: CSGM
    columns:
    - {column: CSGM, method: csgm, variant: CSGM}
    - {column: CSGM-BP, method: csgm, variant: CSGM-BP}
    - {column: Bicubic, method: bicubic}
    reach:
      toyfaces: [{row: ×4, setting: sr4}]
  figure:
    title: Error and size
    metrics: {MSE: MSE}
    figure: {kind: curves, x: factor, y: MSE}
    rows:
    - {row: ×4, data: toyfaces, setting: sr4, x: 4}
    - {row: ×8, data: toyfaces, setting: sr8, x: 8}
    columns:
    - {column: Bicubic, method: bicubic, slow: true}
    - {column: CSGM, method: csgm, variant: CSGM}
"""


@pytest.fixture(scope='session')
def papers(tmp_path_factory) -> Path:
    """The folder of the tiny paper."""
    folder = tmp_path_factory.mktemp('papers')
    (folder / 'tiny.yml').write_text(PAPER, encoding='utf-8')
    return folder


@pytest.fixture(scope='session')
def made(papers, tmp_path_factory) -> Path:
    """OUT of table 1 and of the table against CSGM, over two images."""
    out = tmp_path_factory.mktemp('made')
    words = ['--papers', str(papers), '--quick', '2', '--out', str(out)]
    assert run_command('tables', ['tiny', '1', *words]) == ExitCode.OK
    assert run_command('tables', ['tiny', 'today', '--on', 'toyfaces', *words]) == ExitCode.OK
    return out
