"""The diagonal of I − A†A, exact and estimated."""

import pytest
import torch
from degradation_cases import LINEAR

from mmgenprior.degradations import DegradationError, build_degradation

# What has no exact form, and is estimated.
ESTIMATED = {
    *('cs-blocked', 'cs-regenerated', 'cs-conjugate-gradients'),
    *('hybrid', 'two-masks'),
}
LIKE = torch.zeros(1, dtype=torch.float64)


def by_unit_vectors(operator, shape):
    """The diagonal, from every unit vector."""
    n = torch.Size(shape).numel()
    values = []
    for units in torch.eye(n, dtype=torch.float64).view(n, *shape).split(256):
        seen = operator.A_dagger(operator.A(units))
        values.append(1 - (units * seen).flatten(1).sum(1))
    return torch.cat(values).view(shape)


def undetermined(cfg, shape, params=None, **kwargs):
    bound = build_degradation(dict(physics=cfg, centre=0.5)).bind(params or {}, shape)
    return bound.undetermined(LIKE, torch.Generator().manual_seed(0), **kwargs)


@pytest.mark.parametrize(
    'case', [c for c in LINEAR if c.name not in ESTIMATED], ids=lambda c: c.name
)
def test_exact_diagonals_are_those_of_the_operator(case):
    operator = case.build(batch=1)
    exact = operator.null_space_diagonal(case.shape, LIKE)
    assert exact.shape == (1, *case.shape) and exact.dtype == torch.float64
    expected = by_unit_vectors(operator, case.shape)
    torch.testing.assert_close(exact[0], expected, atol=1e-7, rtol=0)


@pytest.mark.parametrize('name', sorted(ESTIMATED))
def test_what_is_estimated_has_no_exact_form(name):
    case = next(c for c in LINEAR if c.name == name)
    assert case.build(batch=1).null_space_diagonal(case.shape, LIKE) is None


def test_masks_of_a_batch():
    case = next(c for c in LINEAR if c.name == 'random-boxes')
    operator = case.build(batch=3)
    holes = operator.null_space_diagonal(case.shape, LIKE)
    assert holes.shape == (3, *case.shape)
    assert torch.equal(holes[:, :1], 1 - operator.mask.double())


def test_estimate_agrees_with_the_truth_and_is_seeded():
    cfg = dict(type='GaussianCompressedSensing', ratio=0.5, mode='regenerated')
    shape = (3, 8, 8)
    operator = build_degradation(dict(physics=cfg)).bind({}, shape).physics
    expected = by_unit_vectors(operator, shape)
    estimate = undetermined(cfg, shape, probes=100)
    error = (estimate[0] - expected).abs()
    # Five standard errors of the worst entry.
    assert error.max() < 5 * 0.5 / 100**0.5
    assert torch.equal(estimate, undetermined(cfg, shape, probes=100))
    assert 0 <= estimate.min() and estimate.max() <= 1
    more = undetermined(cfg, shape, probes=9)
    assert (more[0] - expected).square().mean() > 4 * error.square().mean()


def test_known_values():
    shape = (3, 8, 8)
    assert undetermined(dict(type='Identity'), shape).abs().max() < 1e-12
    grey = undetermined(dict(type='Luminance'), shape)
    torch.testing.assert_close(grey.mean(1), torch.full((1, 8, 8), 2 / 3).double())
    small = undetermined(dict(type='BicubicDownsampling', factor=4), shape)
    assert small.sum() == pytest.approx(3 * (64 - 4), abs=1e-6)  # the trace counts dimensions
    value = undetermined(dict(type='HSVValue'), shape)
    torch.testing.assert_close(value, torch.full((1, *shape), 2 / 3).double())


def test_surrogates_stand_for_their_operators():
    shape = (3, 8, 8)
    assert undetermined(dict(type='Quantization', levels=4), shape).abs().max() == 0
    pil = undetermined(dict(type='PILLanczosDownsampling', factor=4), shape)
    lanczos = undetermined(dict(type='LanczosDownsampling', factor=4), shape)
    torch.testing.assert_close(pil, lanczos)


def test_a_degradation_must_know_the_image():
    degradation = build_degradation(dict(physics=dict(type='Identity')))
    with pytest.raises(DegradationError, match='bind'):
        degradation.undetermined(LIKE, torch.Generator())
