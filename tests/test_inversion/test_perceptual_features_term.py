"""The VGG-16 feature term, against torchvision's layers."""

import pytest
import torch
from torchvision.models.vgg import cfgs, make_layers

from mmgenprior.degradations import build_degradation
from mmgenprior.inversion import Estimate, PerceptualFeaturesTerm
from mmgenprior.priors import CheckpointError


@pytest.fixture(scope='module')
def torchvision_vgg(tmp_path_factory):
    """Random weights of torchvision's layers, and the file that holds them."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        features = make_layers(cfgs['D'])
    file = tmp_path_factory.mktemp('vgg') / 'vgg16.pth'
    torch.save({f'features.{k}': v for k, v in features.state_dict().items()}, file)
    return features.eval().requires_grad_(False), file


def identity():
    return build_degradation(dict(physics=dict(type='Identity'), centre=0.5))


def value(term, image, degradation, y):
    """The term at an image for a measurement."""
    bound = degradation.bind({}, tuple(image.shape[1:]))
    target = term.prepare(y, bound)
    return term(Estimate(image, bound.predict(image), {}), target)


def test_mganprior_term_equals_its_definition(torchvision_vgg):
    vgg, file = torchvision_vgg
    x, other = torch.rand(2, 2, 3, 24, 24, generator=torch.Generator().manual_seed(1))
    term = PerceptualFeaturesTerm(str(file), size=32)
    mean, std = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]).view(2, 1, 3, 1, 1)

    def features(image):
        image = torch.nn.functional.interpolate(image, size=(32, 32), mode='nearest')
        return vgg[:16]((image - mean) / std)

    expected = (features(x) - features(other)).abs().mean((1, 2, 3))
    torch.testing.assert_close(value(term, x, identity(), other - 0.5), expected)


def test_layers_by_name_and_number_on_the_symmetric_range(torchvision_vgg):
    vgg, file = torchvision_vgg
    x, other = torch.rand(2, 2, 3, 16, 16, generator=torch.Generator().manual_seed(2))
    common = dict(norm='l2', normalisation='symmetric', size=None)
    two = PerceptualFeaturesTerm(str(file), layers=['relu1_2', 'relu2_1'], **common)
    single = [
        (vgg[: n + 1](x * 2 - 1) - vgg[: n + 1](other * 2 - 1)).square().mean((1, 2, 3))
        for n in (3, 6)
    ]
    torch.testing.assert_close(value(two, x, identity(), other - 0.5), sum(single) / 2)
    by_number = PerceptualFeaturesTerm(str(file), layers=6, reduction='sum', **common)
    count = 128 * 8 * 8
    torch.testing.assert_close(value(by_number, x, identity(), other - 0.5), single[1] * count)


@pytest.mark.parametrize(
    'physics',
    [
        dict(type='Luminance', weights=(0.299, 0.587, 0.114)),
        dict(type='BoxMask', size=4),
        dict(type='GaussianCompressedSensing', m=40),
    ],
)
def test_it_compares_measurements_and_has_a_gradient(torchvision_vgg, physics):
    term = PerceptualFeaturesTerm(str(torchvision_vgg[1]), layers='relu1_2', size=None)
    degradation = build_degradation(dict(physics=physics, centre=0.5))
    # Values outside [0, 1] must not lose their gradient.
    x = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(3)) * 3 - 1
    bound = degradation.bind({}, (3, 8, 8))
    assert value(term, x, degradation, bound.predict(x)).abs().max() < 1e-5
    x.requires_grad_(True)
    distance = value(term, x, degradation, bound.predict(torch.full_like(x, 0.4)))
    (gradient,) = torch.autograd.grad(distance[0], x)
    assert gradient[0].abs().max() > 0 and gradient[1].abs().max() == 0, 'samples are coupled'
    if physics['type'] == 'BoxMask':
        assert gradient[0, :, 2:6, 2:6].abs().max() == 0, 'the hole has an influence'


def test_random_features_are_seeded_and_follow_the_dtype():
    x = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(4))
    state = torch.get_rng_state()
    one, same, other = (
        PerceptualFeaturesTerm(None, layers='relu1_1', size=None, init_seed=s).features(x)[0]
        for s in (0, 0, 1)
    )
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(one, same) and not torch.equal(one, other)
    term = PerceptualFeaturesTerm(None, layers='relu1_1', size=None)
    assert term.features(x.double())[0].dtype == torch.float64
    assert not list(term.parameters()), 'its network must not be a part of a checkpoint'


def test_errors(tmp_path):
    with pytest.raises(ValueError, match='relu9_9'):
        PerceptualFeaturesTerm(layers='relu9_9')
    with pytest.raises(ValueError, match='normalisation'):
        PerceptualFeaturesTerm(normalisation='zca')
    torch.save({'features.0.weight': torch.zeros(64, 3, 3, 3)}, tmp_path / 'half.pth')
    with pytest.raises(CheckpointError, match=r'features\.0\.bias'):
        PerceptualFeaturesTerm(tmp_path / 'half.pth').features(torch.zeros(1, 3, 8, 8))
