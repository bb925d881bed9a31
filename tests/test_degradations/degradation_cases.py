"""The list that a new operator joins; every law of ``test_laws.py`` then applies to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from mmgenprior.degradations import Operator, build_physics


@dataclass(frozen=True)
class Case:
    """One configuration of an operator.

    Attributes:
        name: Name in the test report.
        cfg: Config of the operator.
        shape: (C, H, W) of the test images; not square, odd where the operator allows.
        tolerance: Of the pseudo-inverse laws; 1e-6 where conjugate gradients are used.
        params: Makes the per-sample parameters of a batch.
    """

    name: str
    cfg: dict[str, Any]
    shape: tuple[int, int, int] = (3, 17, 22)
    tolerance: float = 1e-8
    params: Callable[[int, tuple[int, int, int]], dict] = field(default=lambda batch, shape: {})

    def build(self, batch: int = 2) -> Operator:
        operator = build_physics(self.cfg)
        operator.update(**self.params(batch, self.shape))
        operator.set_image_shape(self.shape)
        return operator


def drawn(cfg):
    """Parameters that the operator draws itself, a seed per sample."""

    def params(batch, shape):
        operator = build_physics(cfg)
        each = [
            operator.draw_parameters(shape, torch.Generator().manual_seed(i)) for i in range(batch)
        ]
        return {name: torch.stack([one[name] for one in each]) for name in each[0]}

    return params


def soft_masks(batch, shape):
    mask = torch.rand(batch, 1, *shape[1:], generator=torch.Generator().manual_seed(3))
    return {'mask': mask.double() * (mask > 0.4)}


def _blur(kind, **arguments):
    return [
        Case(f'{kind}-{padding}', dict(type=kind, padding=padding, **arguments))
        for padding in ('circular', 'zeros', 'replicate', 'reflect')
    ]


# Uneven in both directions, of an odd and an even side; it loses nothing.
SHAKE = [[0.0, 0.1, 0.0, 0.05], [0.1, 1.0, 0.2, 0.0], [0.0, 0.0, 0.15, 0.0]]
BOXES = dict(type='RandomBoxesMask', side_mean=10, side_std=4, min_side=3)
CS = dict(type='GaussianCompressedSensing', block_rows=100)
HYBRID = [
    dict(type='LanczosDownsampling', factor=2, upsample='bilinear'),
    dict(type='Luminance'),
    dict(type='BoxMask', fraction=1 / 3),
]

LINEAR = [
    Case('identity', dict(type='Identity')),
    Case('box', dict(type='BoxMask', size=(5, 8))),
    Case('box-third', dict(type='BoxMask', fraction=1 / 3)),
    Case('random-boxes', BOXES, params=drawn(BOXES)),
    Case('mask-file', dict(type='FileMask'), params=soft_masks),
    Case('luminance', dict(type='Luminance')),
    Case('bicubic-4', dict(type='BicubicDownsampling', factor=4)),
    Case('bicubic-3', dict(type='BicubicDownsampling', factor=3), (3, 13, 29)),
    Case('bicubic-reflect', dict(type='BicubicDownsampling', factor=2, padding='reflect')),
    Case('lanczos-4', dict(type='LanczosDownsampling', factor=4)),
    Case('lanczos-3', dict(type='LanczosDownsampling', factor=3)),
    Case('lanczos-up', dict(type='LanczosDownsampling', factor=4, upsample='bilinear')),
    Case('bilinear-4', dict(type='BilinearDownsampling', factor=4)),
    Case('bilinear-3', dict(type='BilinearDownsampling', factor=3), (3, 13, 29)),
    Case('bilinear-up', dict(type='BilinearUpsampling', factor=3), (3, 7, 5)),
    *_blur('UniformBlur', size=9),
    *_blur('GaussianBlur', sigma=2.0),
    Case('uniform-even', dict(type='UniformBlur', size=(4, 1), padding='zeros')),
    *(replace(case, tolerance=1e-6) for case in _blur('KernelBlur', kernel=SHAKE, tol=None)),
    Case('cs-stored', dict(CS, ratio=0.5)),
    Case('cs-blocked', dict(CS, m=101, mode='blocked')),
    Case('cs-odd', dict(CS, ratio=0.8), (3, 13, 9)),
    Case('cs-regenerated', dict(CS, ratio=0.25, mode='regenerated')),
    Case('cs-conjugate-gradients', dict(CS, ratio=0.3, direct_limit=0), tolerance=1e-6),
    Case('fourier', dict(type='FourierSubsampling', ratio=0.5)),
    Case('fourier-even', dict(type='FourierSubsampling', threshold=3, seed=7), (3, 16, 16)),
    Case('hybrid-separable', dict(type='Compose', operators=HYBRID[:2])),
    Case('hybrid', dict(type='Compose', operators=HYBRID), tolerance=1e-6),
    Case(
        'two-masks',
        dict(type='Compose', operators=[dict(type='BoxMask', size=3), BOXES]),
        params=drawn(BOXES),
        tolerance=1e-6,
    ),
]

NONLINEAR = [
    Case('value', dict(type='HSVValue')),
    Case('quantization', dict(type='Quantization', levels=4)),
    Case('jpeg', dict(type='JPEGCompression', quality=40)),
    Case('pil-lanczos', dict(type='PILLanczosDownsampling', factor=4)),
    Case('pil-lanczos-up', dict(type='PILLanczosDownsampling', factor=4, upsample='bilinear')),
    Case(
        'attack',
        dict(
            type='AdversarialAttack',
            classifier='shufflenet_v2_x0_5',
            weights=None,
            num_classes=5,
            size=None,
            steps=2,
        ),
    ),
    Case(
        'hybrid-measured',
        dict(
            type='Compose',
            operators=[
                dict(type='PILLanczosDownsampling', factor=2, upsample='bilinear'),
                *HYBRID[1:],
            ],
        ),
    ),
    Case(
        'grey-value-quantized',
        dict(
            type='Compose', operators=[dict(type='HSVValue'), dict(type='Quantization', levels=8)]
        ),
    ),
]
