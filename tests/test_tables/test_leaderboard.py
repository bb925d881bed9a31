"""deepinv's leaderboard: our numbers by its own loop, and the solver in the form that it takes."""

from __future__ import annotations

import sys
import types

import deepinv
import pytest
import torch

from mmgenprior.datasets.toyfaces import render_face
from mmgenprior.tables.leaderboard import board_numbers, solver_text


class Adjoint(deepinv.models.Reconstructor):
    """The adjoint image, which anybody can compute."""

    def forward(self, y, physics, **kwargs):
        return physics.A_adjoint(y)


def faces(count):
    pictures = [render_face(0, 'test', i).transpose(2, 0, 1).copy() for i in range(count)]
    return torch.stack([torch.from_numpy(p).float() / 255 for p in pictures])


def test_numbers_are_those_of_deepinvs_loop():
    images = faces(2)
    rng = torch.Generator().manual_seed(0)
    physics = deepinv.physics.Inpainting((3, 64, 64), mask=0.5, rng=rng)
    found = board_numbers(Adjoint(), images, physics)
    expected = [
        -10 * torch.log10((physics.A_adjoint(physics.A(x[None])) - x).square().mean())
        for x in images
    ]
    assert found['PSNR'] == pytest.approx(float(torch.stack(expected).mean()), abs=1e-3)
    assert 0 < found['SSIM'] < 1


def test_noise_is_that_of_the_seed():
    physics = deepinv.physics.Denoising(deepinv.physics.GaussianNoise(0.1))
    once, again, other = (board_numbers(Adjoint(), faces(1), physics, seed=s) for s in (0, 0, 1))
    assert once['PSNR'] == again['PSNR'] != other['PSNR']
    assert once['PSNR'] == pytest.approx(20, abs=0.5) and once['runtime'] > 0


def test_the_solver_hands_over_our_reconstructor(monkeypatch):
    """The file runs with benchopt's base class, or one of its shape where that is not installed."""
    api = pytest.importorskip('mmgenprior.api')
    try:
        import benchopt  # noqa: F401
    except ImportError:
        base = types.ModuleType('benchopt')
        base.BaseSolver = object
        monkeypatch.setitem(sys.modules, 'benchopt', base)
    names = {}
    exec(compile(solver_text('dcgan_toyfaces'), 'mmgenprior_solver.py', 'exec'), names)
    solver = names['Solver']()
    solver.prior, solver.method = 'dcgan_toyfaces', 'gaussnewton'
    solver.set_objective()
    assert isinstance(solver.get_result()['model'], api.GenPriorReconstructor)


def test_the_solver_is_python_and_names_what_it_restores_by():
    text = solver_text('dcgan_digiface64', 'iagan')
    compile(text, 'solver.py', 'exec')
    assert "name = 'MMGenPrior-iagan'" in text and "'dcgan_digiface64', whose images" in text
