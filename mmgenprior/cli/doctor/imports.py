"""What can be imported, the accelerators and mmcv's ops, as a process of its own tells them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mmgenprior.cli.doctor.findings import BAD, GOOD, NOTE, Finding

_PROBE = Path(__file__).with_name('probe.py')
_PACKAGES = {'PIL': 'pillow', 'cv2': 'opencv-python'}
_SECONDS = 120


def look_at_imports() -> Iterator[Finding]:
    """Import the packages that break most often."""
    told, end = _ask([sys.executable, str(_PROBE)])
    imported = [line for line in told if 'module' in line]
    for line in imported:
        if 'error' in line:
            yield _broken(line['module'], line['error'])
    good = [line['module'] for line in imported if 'error' not in line]
    if good:
        seconds = sum(line.get('seconds', 0) for line in imported)
        yield Finding('imports', ', '.join(good), GOOD, f'can be imported, {seconds:.1f} s')
    if end is not None:
        trying = [line['trying'] for line in told if 'trying' in line]
        last = trying[-1] if trying else 'Python'
        yield _broken(last, f'importing it {end}')
    yield from _devices(told)
    yield from _ops(told)


def look_deeper() -> Iterator[Finding]:
    """Import everything of this package, and draw a picture with the prior that it carries."""
    code = (
        'import mmgenprior.components, torch\n'
        'from mmgenprior.priors import build_prior\n'
        'prior = build_prior("dcgan_toyfaces")\n'
        'draw = prior.sample_latents(torch.Generator().manual_seed(0))\n'
        'image = prior({name: value[None] for name, value in draw.items()})\n'
        'print("drawn", tuple(image.shape), bool(image.isfinite().all()))\n'
    )
    root = str(Path(__file__).resolve().parents[3])
    path = os.pathsep.join([root, *filter(None, [os.environ.get('PYTHONPATH')])])
    done = subprocess.run(
        [sys.executable, '-c', code],
        env=os.environ | {'PYTHONPATH': path},
        capture_output=True,
        text=True,
        errors='replace',
        timeout=_SECONDS,
    )
    if 'drawn (1, 3, 64, 64) True' in done.stdout:
        yield Finding('imports', 'all components', GOOD, 'imported, and a face was drawn')
        return
    lines = done.stderr.strip().splitlines()
    said = lines[-1][:400] if lines else f'ended with status {done.returncode}'
    yield Finding('imports', 'all components', BAD, said, 'see the packages above')


def _ask(command: list[str]) -> tuple[list[dict[str, Any]], str | None]:
    """What the probe told, and how it ended if not well."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS)
        said = done.stdout
        number = done.returncode
        end = None if number == 0 else f'ended Python ({_status(number)})'
    except subprocess.TimeoutExpired as error:
        said, end = error.stdout or b'', f'takes more than {_SECONDS} s'
    told = []
    for line in said.decode(errors='replace').splitlines():
        try:
            content = json.loads(line)
        except ValueError:  # what a package prints when it is imported
            continue
        if isinstance(content, dict):
            told.append(content)
    return told, end


def _status(number: int) -> str:
    return f'signal {-number}' if number < 0 else f'status {number}'


def _broken(module: str, error: str) -> Finding:
    package = _PACKAGES.get(module, module)
    fix = f"pip install --force-reinstall --no-deps '{package}'"
    said = f'cannot be imported ({" ".join(error.split())})'
    return Finding('imports', module, BAD, said, fix)


def _devices(told: list[Mapping[str, Any]]) -> Iterator[Finding]:
    finding = partial(Finding, 'accelerators')
    build = next((line for line in told if 'threads' in line), None)
    if build is None:
        return
    yield finding('processor', GOOD, f'torch uses {build["threads"]} threads')
    devices = [line for line in told if 'device' in line]
    for line in devices:
        free = line.get('free')
        memory = f', {free / 1e9:.1f} of {line["total"] / 1e9:.1f} GB free' if free else ''
        yield finding(line['device'], GOOD, f'can be used{memory}')
    if devices:
        return
    if not Path('/proc/driver/nvidia').exists():
        yield finding('none', NOTE, 'searches run on the processor, which takes longer')
    elif build['cuda_build'] is None:
        said = 'there is an NVIDIA driver, but this torch was built without CUDA'
        yield finding('CUDA', NOTE, said, 'install a torch with CUDA, see pytorch.org')
    else:
        said = f'there is an NVIDIA driver, which torch (CUDA {build["cuda_build"]}) cannot use'
        yield finding('CUDA', NOTE, said, 'update the driver, and look at CUDA_VISIBLE_DEVICES')


def _ops(told: list[Mapping[str, Any]]) -> Iterator[Finding]:
    kind = next((line for line in told if 'ops' in line), None)
    if kind is None:
        return
    if kind['ops'] == 'full':
        yield Finding('accelerators', 'mmcv ops', GOOD, 'compiled')
    elif kind['ops'] == 'lite':
        said = 'mmcv-lite has none; all priors work, StyleGANs in plain PyTorch'
        yield Finding('accelerators', 'mmcv ops', GOOD, said)
    else:
        fix = "install the mmcv that was built for this torch, or 'mmcv-lite' in its place"
        said = f'the compiled ones cannot be loaded ({" ".join(kind["error"].split())})'
        yield Finding('accelerators', 'mmcv ops', BAD, said, fix)
