import pytest
import torch
from mmagic.models.editors.pggan.pggan_modules import pixel_norm as stock
from torch.autograd import gradcheck, gradgradcheck
from torch.func import jacfwd, jacrev, vmap

from mmgenprior.priors import pixel_norm
from mmgenprior.priors.pixel_norm import OfficialPixelNorm, PixelNorm


def official(x):
    return x / (x.square().mean(1, keepdim=True) + 1e-8).sqrt()


NORMS = [(PixelNorm(), stock), (OfficialPixelNorm(), official)]
each_norm = pytest.mark.parametrize(('norm', 'formula'), NORMS, ids=['mmagic', 'official'])


def maps(*shape):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(*shape, dtype=torch.float64, generator=generator).requires_grad_()


@each_norm
def test_values_and_gradients_are_the_formula_s(norm, formula, monkeypatch):
    monkeypatch.setattr(pixel_norm, '_CHUNK', 40)  # several parts, the last one short
    x, weight = maps(2, 3, 7, 5), maps(2, 3, 7, 5).detach().cos()
    torch.testing.assert_close(norm(x), formula(x), rtol=1e-12, atol=1e-12)
    ours, wanted = (torch.autograd.grad((f(x) * weight).sum(), x)[0] for f in (norm, formula))
    torch.testing.assert_close(ours, wanted, rtol=1e-10, atol=1e-12)


@each_norm
def test_it_can_be_differentiated_twice(norm, formula):
    x = maps(1, 3, 2, 4)
    assert gradcheck(norm, x)
    assert gradgradcheck(norm, x)


@each_norm
def test_transforms_see_the_same_function(norm, formula):
    x = maps(1, 3, 2, 2)
    torch.testing.assert_close(jacfwd(norm)(x), jacrev(formula)(x))
    many = torch.stack([x, 2 * x, x.flip(1)])
    torch.testing.assert_close(vmap(norm)(many), torch.stack([norm(one) for one in many]))


@each_norm
def test_vectors_are_normalised_too(norm, formula):
    x = maps(4, 6)
    torch.testing.assert_close(norm(x), formula(x))


@each_norm
@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
def test_a_pixel_of_zeros_has_finite_gradients(norm, formula, dtype):
    x = torch.zeros(1, 3, 2, 2, dtype=dtype, requires_grad=True)
    (gradient,) = torch.autograd.grad(norm(x).square().sum() + norm(x).sum(), x)
    assert torch.equal(norm(x), torch.zeros_like(x)) and gradient.isfinite().all()
    forward = jacfwd(norm)(x.detach())
    assert forward.isfinite().all()
