"""The files of a restored photo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmgenprior.api.restoration import Restoration
from mmgenprior.photos.values import to_dtype
from mmgenprior.utils.files import write_array, write_atomically, write_png
from mmgenprior.visualization import map_picture, panel_size, side_by_side

# Grey levels that are shown brightest, of [0, 1].
_BRIGHTEST = dict(std=0.15, hallucination=1.0, phi=1.0)
_TITLES = dict(std='standard deviation', hallucination='left open', phi='share of the prior')


def files_of(name: str, has_film: bool = False) -> dict[str, str]:
    """What is written of a photo called ``name``: what → file name, those without maps first."""
    files = dict(restored=f'{name}_restored.png', sheet=f'{name}_sheet.png', report=f'{name}.json')
    if has_film:
        files['film'] = f'{name}_film.gif'
    return files


def save(restoration: Restoration, folder: Path, film: bool = True) -> dict[str, Path]:
    """Write a restoration; see :meth:`Restoration.save`."""
    name = restoration.name
    paths = {what: folder / file for what, file in files_of(name).items()}
    write_png(paths['restored'], _bgr(restoration.pixels))
    maps = {key: getattr(restoration, key) for key in _BRIGHTEST}
    for key, values in maps.items():
        if values is not None:
            paths[key] = folder / f'{name}_{key}.png'
            write_png(paths[key], map_picture(values[None], 0, _BRIGHTEST[key]))
    if restoration.std is not None:
        paths['std_values'] = folder / f'{name}_std.npy'
        write_array(paths['std_values'], restoration.std.astype(np.float32))
    if restoration.sample is not None and restoration.main != 'sample':
        paths['sample'] = folder / f'{name}_sample.png'
        write_png(paths['sample'], _bgr(restoration.sample))
    write_png(paths['sheet'], sheet(restoration))
    if film and restoration.film is not None:
        paths['film'] = folder / files_of(name, True)['film']
        write_film(restoration, paths['film'])
    report = json.dumps(report_of(restoration), indent=1, ensure_ascii=False)
    # Last: who finds it finds all the others.
    write_atomically(paths['report'], report.encode())
    return paths


def sheet(restoration: Restoration) -> np.ndarray:
    """Given, restored, a draw and the maps side by side, uint8 BGR."""
    height, width = restoration.pixels.shape[:2]
    panels = [('given', _bgr(restoration.given)), ('restored', _bgr(restoration.pixels))]
    if restoration.sample is not None and restoration.main != 'sample':
        panels.append(('a sample', _bgr(restoration.sample)))
    for key, high in _BRIGHTEST.items():
        values = getattr(restoration, key)
        if values is not None:
            panels.append((_TITLES[key], map_picture(values[None], 0, high)))
    return side_by_side(panels, panel_size(height, width))


def write_film(restoration: Restoration, path: Path) -> None:
    """The frames of the first square as an animation that ends on the result's own square."""
    import torch
    from torch.nn import functional as F

    from mmgenprior.visualization.films import write_gif

    frames = restoration.film
    last = restoration.parts[0].variants[restoration.main]
    last = torch.from_numpy(last.transpose(2, 0, 1).copy()).float()[None].clamp(0, 1)
    frames = torch.cat([frames, last.expand(10, -1, -1, -1)])
    factor = max(1, 192 // frames.shape[-1])
    write_gif(path, F.interpolate(frames, scale_factor=factor, mode='nearest'), 80, back=False)


def report_of(restoration: Restoration) -> dict[str, Any]:
    """What is known of a restoration, as data."""
    return dict(
        name=restoration.name,
        settings=dict(restoration.settings),
        assumed=list(restoration.assumed),
        consistency=dict(rms=restoration.consistency.rms, allowed=restoration.consistency.allowed),
        metrics=dict(restoration.metrics),
        faces=[
            dict(
                corners=None if p.placement is None else p.placement.corners.round(1).tolist(),
                objective=p.objective,
            )
            for p in restoration.parts
        ],
        seconds=round(restoration.seconds, 2),
    )


def _bgr(pixels: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(to_dtype(pixels, np.uint8), cv2.COLOR_RGB2BGR)
