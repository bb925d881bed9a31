"""Laws that every operator obeys, in float64."""

import copy

import pytest
import torch
from degradation_cases import LINEAR, NONLINEAR
from torch.func import jvp, vmap

from mmgenprior.degradations import LinearOperator
from mmgenprior.degradations.base import shallow_clone
from mmgenprior.registry import PHYSICS

linear = pytest.mark.parametrize('case', LINEAR, ids=lambda case: case.name)
every = pytest.mark.parametrize('case', LINEAR + NONLINEAR, ids=lambda case: case.name)


def images(case, batch=2, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, *case.shape, dtype=torch.float64, generator=generator).to(dtype)


def distance(a, b):
    return ((a - b).norm() / b.norm()).item()


def test_every_operator_is_in_the_list():
    def types(cfg):
        yield cfg['type']
        for part in cfg.get('operators', []):
            yield from types(part)

    listed = {name for case in LINEAR + NONLINEAR for name in types(case.cfg)}
    assert listed == set(PHYSICS.module_dict)


@linear
def test_adjointness(case):
    operator = case.build()
    assert isinstance(operator, LinearOperator)
    x = images(case)
    y = operator.A(x)
    v = torch.randn(y.shape, dtype=y.dtype, generator=torch.Generator().manual_seed(1))
    left, right = (y * v).sum(), (x * operator.A_adjoint(v)).sum()
    assert abs(left - right) <= 1e-10 * y.norm() * v.norm()


@linear
def test_linearity(case):
    operator = case.build()
    x, z = images(case), images(case, seed=1)
    assert distance(operator.A(2 * x - 3 * z), 2 * operator.A(x) - 3 * operator.A(z)) <= 1e-12


@linear
def test_penrose_identities(case):
    # As matrices of a single image: no direction of the image or measurement space escapes.
    case = type(case)(
        case.name, case.cfg, (3, *case.shape[1:]), tolerance=case.tolerance, params=case.params
    )
    operator = case.build(1)
    shape = operator.measurement_shape(case.shape)

    def columns(function, matrix, size):
        return function(matrix.t().reshape(-1, *size)).flatten(1).t()

    def A(matrix):
        return columns(operator.A, matrix, case.shape)

    def dagger(matrix):
        return columns(operator.A_dagger, matrix, shape)

    generator = torch.Generator().manual_seed(2)
    n, m = torch.Size(case.shape).numel(), torch.Size(shape).numel()
    if case.tolerance > 1e-8:
        # Conjugate gradients solve each column anew: a random probe of both spaces will do.
        x = torch.randn(n, 12, dtype=torch.float64, generator=generator)
        y = torch.randn(m, 12, dtype=torch.float64, generator=generator)
        image_gram, measured_gram = x.t() @ dagger(A(x)), y.t() @ A(dagger(y))
    else:
        x, y = torch.eye(n, dtype=torch.float64), torch.eye(m, dtype=torch.float64)
        image_gram, measured_gram = dagger(A(x)), A(dagger(y))
    assert distance(A(dagger(A(x))), A(x)) <= case.tolerance
    assert distance(dagger(A(dagger(y))), dagger(y)) <= case.tolerance
    assert distance(image_gram.t(), image_gram) <= case.tolerance
    assert distance(measured_gram.t(), measured_gram) <= case.tolerance


@linear
def test_back_projection_is_consistent(case):
    operator = case.build()
    y, x = operator.A(images(case)), images(case, seed=1)
    projected = x + operator.A_dagger(y - operator.A(x))
    assert distance(operator.A(projected), y) <= case.tolerance


@every
def test_gradcheck(case):
    # Quantization and Pillow's resampling have no gradient: their surrogate stands in the loss.
    operator = case.build(1).surrogate
    small = (case.shape[0], min(case.shape[1], 9), min(case.shape[2], 8))
    params = case.params(1, small)
    operator.update(**params)
    operator.set_image_shape(small)
    x = torch.randn(1, *small, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(operator.A, (x,), fast_mode=True)
    if isinstance(operator, LinearOperator):
        y = torch.randn_like(operator.A(x)).requires_grad_()
        assert torch.autograd.gradcheck(operator.A_adjoint, (y,), fast_mode=True)
        # Conjugate gradients stop at a tolerance, finite differences divide it by 1e-6.
        if case.tolerance <= 1e-8 and not case.name.startswith('gaussianblur'):
            assert torch.autograd.gradcheck(operator.A_dagger, (y,), fast_mode=True, atol=1e-4)


@every
def test_shapes(case):
    operator = case.build()
    y = operator.A(images(case))
    assert tuple(y.shape[1:]) == operator.measurement_shape(case.shape)
    assert operator.A_dagger(y).shape == (2, *case.shape)
    assert operator.A_adjoint(y).shape == (2, *case.shape)
    assert operator.image_like == (y.dim() == 4 and y.shape[1] in (1, 3))


@every
@pytest.mark.parametrize('dtype', [torch.float32, torch.float64], ids=['f32', 'f64'])
def test_batch_size_changes_no_bit(case, dtype):
    batch = 8
    x = images(case, batch, dtype)
    whole = case.build(batch)
    y = whole.A(x)
    results = y, whole.A_adjoint(y), whole.A_dagger(y)
    params = case.params(batch, case.shape)
    for part in [slice(0, 1), slice(3, 4), slice(7, 8), slice(2, 5)]:
        some = case.build(batch)
        some.update(**{name: value[part] for name, value in params.items()})
        measured = some.A(x[part])
        parts = measured, some.A_adjoint(measured), some.A_dagger(measured)
        for all_of_them, these in zip(results, parts, strict=True):
            assert torch.equal(all_of_them[part], these)


@every
def test_float32_follows_float64(case):
    operator = case.build()
    x = images(case)
    if case in NONLINEAR:
        x = x.sigmoid()
    y, single = operator.A(x), operator.A(x.float())
    assert single.dtype == torch.float32
    # A value on the edge of a quantization step may fall to either side.
    far = (single.double() - y).abs() > 1e-5 * y.abs().max()
    assert far.double().mean() <= (0.01 if case in NONLINEAR else 0)


@every
def test_second_call_builds_nothing(case, monkeypatch):
    operator = case.build()
    x = images(case)
    y = operator.A(x)
    operator.A_adjoint(y)
    first = operator.A(x)

    def refuse(*args, **kwargs):
        raise AssertionError('rebuilt')

    for part in operator.modules():
        for name in ('factor', 'channel_factor', '_draw_matrix', '_build_mask', 'mask'):
            if callable(getattr(part, name, None)):
                monkeypatch.setattr(part, name, refuse, raising=False)
    assert torch.equal(operator.A(x), first)
    operator.A_adjoint(y)


@every
def test_clone_and_copy_measure_the_same(case):
    operator = case.build()
    x = images(case)
    y = operator.A(x)
    assert torch.equal(shallow_clone(operator).A(x), y)
    assert torch.equal(copy.deepcopy(operator).A(x), y)
    assert not list(operator.parameters()) and not operator.state_dict()


@linear
def test_tangents_pass_in_batches(case):
    """A Jacobian by forward mode, many tangents at once, is the operator itself."""
    operator = case.build()
    x = images(case)
    # What an operator keeps is made outside of a transform, as the first step of a search does.
    operator.A(x)
    tangents = torch.stack([x, x.flip(-1), x.square()])
    found = vmap(lambda tangent: jvp(operator.A, (x,), (tangent,))[1])(tangents)
    expected = torch.stack([operator.A(tangent) for tangent in tangents])
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)
