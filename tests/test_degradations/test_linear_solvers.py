"""Maps that differentiate, under the transforms of torch.func."""

import pytest
import torch
from torch.func import jvp, vmap

from mmgenprior.degradations import GaussianCompressedSensing
from mmgenprior.degradations.linear_solvers import linear_map


@pytest.mark.parametrize('at_once', [False, True])
def test_the_tangents_of_a_linear_map_are_its_columns(at_once):
    """What a Jacobian by forward mode asks for, for two samples at once."""
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(3, 5, generator=generator).double()
    at = torch.randn(2, 5, generator=generator).double()

    maps = (lambda v: v @ matrix.T), (lambda v: v @ matrix)

    def function(x):
        return linear_map(x, *maps, maps if at_once else None).square()

    def column(unit):
        return jvp(function, (at,), (unit.expand_as(at),))[1]

    columns = vmap(column)(torch.eye(5).double())
    expected = 2 * (at @ matrix.T)[None] * matrix.T[:, None]
    torch.testing.assert_close(columns, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize('name', ['A', 'A_adjoint', 'A_dagger'])
def test_compressed_sensing_has_a_jacobian(name):
    """Forward mode equals the map of the tangent, one by one."""
    physics = GaussianCompressedSensing(ratio=0.25, seed=0)
    physics.image_shape = (3, 8, 8)
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1)).double()
    y = physics.A(x)
    at = x if name == 'A' else y
    function = getattr(physics, name)
    tangents = torch.stack([at.roll(i, -1) for i in range(3)])
    found = vmap(lambda t: jvp(function, (at,), (t,))[1])(tangents)
    expected = torch.stack([function(t) for t in tangents])
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_tangents_of_a_sample_do_not_depend_on_the_others():
    """Nor do products of samples, bit for bit, in float32."""
    physics = GaussianCompressedSensing(ratio=0.3, seed=0)
    x = torch.randn(3, 3, 17, 13, generator=torch.Generator().manual_seed(2))
    tangents = torch.stack([x.roll(i, -1) for i in range(21)])

    def columns(samples):
        return vmap(lambda t: jvp(physics.A, (x[samples],), (t,))[1])(tangents[:, samples])

    together = columns(slice(0, 3))
    measured = physics.A(x)
    for i in range(3):
        one = slice(i, i + 1)
        assert torch.equal(columns(one), together[:, one])
        assert torch.equal(physics.A(x[one]), measured[one])
