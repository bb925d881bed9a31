import copy

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from mmagic.models.editors.biggan.biggan_snmodule import SNConv2d
from torch import nn

from mmgenprior.priors import folded_convolution
from mmgenprior.priors.derived import derived_of
from mmgenprior.priors.folded_convolution import pooled_convolution, upsampled_convolution

_few = st.integers(1, 4)


def doubled(x, layer):
    return layer(F.interpolate(x, scale_factor=2, mode='nearest'))


def halved(x, layer):
    return F.avg_pool2d(layer(x), 2)


PAIRS = [(upsampled_convolution, doubled), (pooled_convolution, halved)]
each_pair = pytest.mark.parametrize(('folded', 'plain'), PAIRS, ids=['doubled', 'halved'])


@pytest.fixture(autouse=True)
def in_float64(monkeypatch):
    monkeypatch.setattr(folded_convolution, '_DTYPES', [torch.float32, torch.float64])


@pytest.fixture
def always(monkeypatch):
    monkeypatch.setattr(folded_convolution, '_SIDE_AT_REST', 0)
    monkeypatch.setattr(folded_convolution, '_SIDE_MOVING', 0)


@each_pair
@settings(max_examples=25, deadline=None)
@given(_few, _few, _few, st.integers(1, 5), st.integers(1, 5), st.booleans(), st.integers(0, 99))
def test_the_function_is_the_same(folded, plain, batch, wide, deep, rows, columns, bias, seed):
    torch.manual_seed(seed)
    layer = nn.Conv2d(wide, deep, 3, padding=1, bias=bias).double()
    x = torch.randn(batch, wide, 2 * rows, 2 * columns, dtype=torch.float64, requires_grad=True)
    sides = folded_convolution._SIDE_AT_REST, folded_convolution._SIDE_MOVING
    folded_convolution._SIDE_AT_REST = folded_convolution._SIDE_MOVING = 0
    try:
        ours, wanted = folded(x, layer), plain(x, layer)
    finally:
        folded_convolution._SIDE_AT_REST, folded_convolution._SIDE_MOVING = sides
    torch.testing.assert_close(ours, wanted)
    variables = [x, *layer.parameters()]
    weight = torch.randn_like(ours)
    for one, other in zip(
        torch.autograd.grad((ours * weight).sum(), variables),
        torch.autograd.grad((wanted * weight).sum(), variables),
    ):
        torch.testing.assert_close(one, other)


@each_pair
def test_it_is_one_convolution_of_four_by_four(folded, plain, always, monkeypatch):
    seen = []

    def watched(function):
        def call(x, weight, *args, **kwargs):
            seen.append(tuple(weight.shape[2:]))
            return function(x, weight, *args, **kwargs)

        return call

    for name in ('conv2d', 'conv_transpose2d'):
        monkeypatch.setattr(F, name, watched(getattr(F, name)))
    folded(torch.randn(1, 3, 8, 8), nn.Conv2d(3, 2, 3, padding=1))
    assert seen == [(4, 4)]


@each_pair
@pytest.mark.parametrize(
    'layer',
    [
        nn.Conv2d(3, 2, 3, padding=1, stride=2),
        nn.Conv2d(3, 2, 1),
        nn.Conv2d(3, 3, 3, padding=1, groups=3),
        nn.Conv2d(3, 2, 3, padding=1, padding_mode='reflect'),
        nn.utils.spectral_norm(nn.Conv2d(3, 2, 3, padding=1)).eval(),
    ],
    ids=['stride', 'one', 'groups', 'reflect', 'hook'],
)
def test_other_layers_are_left_as_they_are(folded, plain, layer, always):
    x = torch.randn(1, 3, 8, 8)
    assert torch.equal(folded(x, layer), plain(x, layer))


@each_pair
def test_float64_and_small_maps_are_left_as_they_are(folded, plain, monkeypatch):
    layer = _resting(nn.Conv2d(3, 2, 3, padding=1))
    small = torch.randn(1, 3, 8, 8)
    assert torch.equal(folded(small, layer), plain(small, layer))
    monkeypatch.undo()
    large = torch.randn(1, 3, 64, 64).double()
    assert torch.equal(folded(large, layer.double()), plain(large, layer))
    assert not hasattr(layer, '_derived')


def test_an_odd_map_is_pooled_plainly(always):
    layer, x = nn.Conv2d(3, 2, 3, padding=1), torch.randn(1, 3, 7, 9)
    assert torch.equal(pooled_convolution(x, layer), halved(x, layer))


@each_pair
@pytest.mark.parametrize('resting', [True, False])
def test_transforms_see_the_same_function(folded, plain, resting, always):
    layer = nn.Conv2d(3, 2, 3, padding=1).double().requires_grad_(not resting)
    x = torch.randn(4, 1, 3, 6, 6, dtype=torch.float64)
    many = torch.func.vmap(lambda one: folded(one, layer))(x)
    torch.testing.assert_close(many, torch.stack([plain(one, layer) for one in x]))
    ours, wanted = (
        torch.func.jacfwd(lambda one, f=f: f(one, layer))(x[0]) for f in (folded, plain)
    )
    torch.testing.assert_close(ours, wanted)
    # Many tangents at once of weights that rest are what a Jacobian is made of.
    assert hasattr(layer, '_derived') == resting


def _resting(layer):
    return layer.eval().requires_grad_(False)


@each_pair
@pytest.mark.parametrize('kind', [nn.Conv2d, SNConv2d])
def test_what_rests_is_folded_once_and_a_change_is_noticed(folded, plain, kind, always):
    layer = _resting(kind(3, 2, 3, padding=1))
    x = torch.randn(1, 3, 8, 8)
    folded(x, layer)
    (keeper,) = layer._derived.values()
    kept = keeper._kept[2]
    folded(x, layer)
    assert keeper._kept[2] is kept
    with torch.no_grad():
        layer.weight.mul_(1 + torch.rand_like(layer.weight))
    torch.testing.assert_close(folded(x, layer), plain(x, layer))
    layer.load_state_dict({k: torch.randn_like(v) for k, v in layer.state_dict().items()})
    torch.testing.assert_close(folded(x, layer), plain(x, layer))
    layer.double()
    torch.testing.assert_close(folded(x.double(), layer), plain(x.double(), layer))
    other = copy.deepcopy(layer)
    with torch.no_grad():
        other.weight.add_(torch.rand_like(other.weight))
    torch.testing.assert_close(folded(x.double(), other), plain(x.double(), other))
    torch.testing.assert_close(folded(x.double(), layer), plain(x.double(), layer))


def test_weights_of_a_sample_s_own_are_never_kept(always):
    layer, x = _resting(nn.Conv2d(3, 2, 3, padding=1)), torch.randn(1, 3, 8, 8)
    upsampled_convolution(x, layer)
    kept = derived_of(layer, 'fold_doubling')._kept
    net = nn.Module()
    net.layer = layer
    net.forward = lambda x: upsampled_convolution(x, layer)
    own = {'layer.weight': torch.randn_like(layer.weight)}
    got = torch.func.functional_call(net, own, (x,))
    torch.testing.assert_close(
        got,
        F.conv2d(F.interpolate(x, scale_factor=2), own['layer.weight'], layer.bias, padding=1),
    )
    assert derived_of(layer, 'fold_doubling')._kept is kept
