"""DGP's distance: what the blocks of a discriminator see, of every family."""

import pytest
import torch
from small_biggan import NETWORKS, SHAPE, batch_of, photos

from mmgenprior.degradations import build_degradation
from mmgenprior.editors.dgp import DGP
from mmgenprior.inversion import DiscriminatorFeaturesTerm, Estimate
from mmgenprior.priors import zoo_discriminator
from mmgenprior.priors.discriminators import Discriminator, block_features, build_discriminator
from mmgenprior.utils.errors import UserError
from mmgenprior.weights.catalogue import find_entry

COUNTS = {'biggan': 5, 'dcgan': 3, 'pggan': 3}


@pytest.fixture(scope='module')
def network():
    return Discriminator(dict(NETWORKS['biggan'], init_seed=1), channel_order='rgb')


@pytest.mark.parametrize('kind', NETWORKS)
def test_features_of_every_family_couple_no_samples(kind):
    network = Discriminator(NETWORKS[kind], channel_order='rgb')
    x = photos(3)
    found = network.features(x)
    assert len(found) == COUNTS[kind]
    assert torch.equal(found[0], block_features(network.network, x * 2 - 1, False)[0])
    alone = network.features(x[1:2])
    for together, one in zip(found, alone):
        torch.testing.assert_close(together[1:2], one, rtol=1e-4, atol=1e-5)
    sides = [f.shape[-1] for f in found if f.dim() == 4]
    assert sides == sorted(sides, reverse=True)
    term = DiscriminatorFeaturesTerm(network)
    degradation = build_degradation(dict(physics=dict(type='Identity'), centre=0.5))
    bound = degradation.bind({}, SHAPE)
    image, other = photos(3), photos(3, seed=4).requires_grad_(True)
    target = term.prepare(image - 0.5, bound)
    assert not any(t.requires_grad for t in target[1])
    value = term(Estimate(other, bound.predict(other), {}), target)
    expected = sum(
        (a - b).abs().flatten(1).mean(1)
        for a, b in zip(network.features(other), network.features(x))
    )
    torch.testing.assert_close(value, expected)
    (gradient,) = torch.autograd.grad(value[0], other)
    assert gradient[0].abs().max() > 0 and gradient[1:].abs().max() == 0


def test_activations_in_place_do_not_change_what_is_kept():
    plain = Discriminator(NETWORKS['biggan'])
    config = dict(NETWORKS['biggan'], act_cfg=dict(type='ReLU', inplace=True))
    network = Discriminator(config)
    network.load_state_dict(plain.state_dict())
    x = photos(1)
    first = network.features(x)[0]
    # The first block has no activation in front; what follows works on it in place.
    torch.testing.assert_close(first, plain.features(x)[0])
    assert (first < 0).any()
    assert (plain.features(x)[-2] < 0).any()
    activated = Discriminator(plain.network, activated_last=True)
    assert (activated.features(x)[-2] >= 0).all()


@pytest.mark.parametrize(
    ('physics', 'same'),
    [
        (dict(type='Luminance'), True),
        (dict(type='LanczosDownsampling', factor=4), True),
        (dict(type='BoxMask', size=8), True),
        (dict(type='GaussianCompressedSensing', m=60), True),
    ],
)
def test_every_measurement_has_a_picture_for_the_discriminator(network, physics, same):
    batch = batch_of(physics)
    bound = batch.bound()
    term = DiscriminatorFeaturesTerm(network, features=3)
    target = term.prepare(batch.y, bound)
    x = photos(2)
    value = term(Estimate(x, bound.predict(x), {}), target)
    assert value.shape == (2,) and value.abs().max() < 1e-3  # the very image that was measured
    x = photos(2, seed=8)
    assert (term(Estimate(x, bound.predict(x), {}), target) > 1e-2).all()


def test_channel_order_reaches_the_discriminator(network):
    batch = batch_of(dict(type='Identity'), 1)
    bgr, rgb, flipped = (
        DiscriminatorFeaturesTerm(Discriminator(network.network, channel_order=order)).prepare(
            y, batch.bound()
        )[1]
        for order, y in (('bgr', batch.y), ('rgb', batch.y), ('bgr', batch.y.flip(1)))
    )
    assert torch.equal(flipped[0], rgb[0]) and not torch.equal(bgr[0], rgb[0])


def test_a_catalogue_tells_what_its_discriminator_takes(network):
    entry = find_entry('biggan_imagenet_128_official')
    # The module turns the generator's RGB; nothing turns the discriminator's input.
    assert entry.prior['generator']['rgb2bgr'] and entry.prior['channel_order'] == 'bgr'
    assert entry.discriminator_input == ((-1, 1), 'rgb')
    assert find_entry('biggan_imagenet_128').discriminator_input == ((-1, 1), 'bgr')
    with torch.device('meta'):
        named = dict(type='zoo', name='biggan_imagenet_128_official', checkpoint=None)
        judge = Discriminator(named, input_range=(0, 1), channel_order='bgr')
    assert (judge.input_range, judge.channel_order) == ((-1, 1), 'rgb')
    judge = Discriminator(network.network, input_range=(0, 1), channel_order='bgr')
    assert (judge.input_range, judge.channel_order) == ((0, 1), 'bgr')
    with pytest.raises(UserError, match='ascending'):
        Discriminator(network.network, input_range=(1, 1))


def test_weights_of_ones_own_for_a_discriminator_of_the_catalogue(tmp_path):
    stock = zoo_discriminator('biggan_toyfaces')
    torch.save({k: 2 * v for k, v in stock.state_dict().items()}, tmp_path / 'D.pth')
    same = build_discriminator(dict(type='zoo', name='biggan_toyfaces'))
    own = build_discriminator(
        dict(type='zoo', name='biggan_toyfaces', checkpoint=str(tmp_path / 'D.pth'))
    )
    for name, value in stock.state_dict().items():
        assert torch.equal(same.network.state_dict()[name], value)
        assert torch.equal(own.network.state_dict()[name], 2 * value)


def test_dgp_gives_the_discriminator_its_own_order():
    prior = dict(type='zoo', name='biggan_toyfaces', checkpoint=None)
    options = dict(stages=[dict(iterations=1, latent_lr=1e-2)])
    editor = DGP(prior, **options, discriminator=dict(type='zoo', name='biggan_toyfaces'))
    assert editor.inversion.objective.terms[0].discriminator.channel_order == 'bgr'
    with torch.device('meta'):
        official = dict(type='zoo', name='biggan_imagenet_128_official', checkpoint=None)
        editor = DGP(prior, **options, discriminator=official)
    assert editor.inversion.objective.terms[0].discriminator.channel_order == 'rgb'
    start = editor.inversion.start.objective.terms[0]
    assert start.discriminator.channel_order == 'rgb'


def test_realism_of_a_class_conditional_discriminator(network):
    image = photos(2)
    logit = network.logit(image)
    assert logit.shape == (2,)
    # With the class's own term it is the whole discriminator.
    label = torch.tensor([2, 0])
    pooled = network.features(image)[-1]
    whole = logit + (network.network.proj_y(label) * pooled).sum(1)
    torch.testing.assert_close(whole, network.network(image * 2 - 1, label)[:, 0])


def test_errors_of_features(network):
    batch = batch_of(dict(type='Identity'), 1)
    with pytest.raises(UserError, match='features=6, but BigGANDiscriminator has 5'):
        DiscriminatorFeaturesTerm(network, features=6).prepare(batch.y, batch.bound())
    with pytest.raises(ValueError, match='at least 1'):
        DiscriminatorFeaturesTerm(network, features=0)
    with pytest.raises(UserError, match='Linear has no known order of blocks'):
        Discriminator(torch.nn.Linear(1, 1)).features(batch.y)
