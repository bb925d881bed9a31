"""Any generator as a prior: what is found by running it, and what is refused in one line."""

import re

import pytest
import torch
from torch import nn

from mmgenprior.inversion.optimizers.linearised import jacobian_products
from mmgenprior.priors import ModulePrior
from mmgenprior.priors.module_blocks import find_blocks
from mmgenprior.utils.errors import UserError

from .conftest import CONFIGS, Decoder, build, latents_of, seeded
from .module_files import Tiny


def tiny(**changes):
    options = {k: changes.pop(k) for k in ('width', 'wrapped') if k in changes}
    return ModulePrior(seeded(lambda: Tiny(**options)), **{'latent_shape': 6, **changes})


# ---- what is found


def test_a_decoder_tells_its_size_its_order_and_what_is_not_used():
    prior = build(CONFIGS['module-decoder'])
    assert prior.image_shape == (3, 16, 24) and prior.image_size == 24
    assert [title for title, _ in prior.block_names] == ['first', 'middle.2', 'last']
    assert {'generator.tint', 'generator.first.weight', 'generator.middle.0.weight'} <= set(
        dict(prior.block_names)['first']
    )
    assert prior.apart_names == [('unused', ['generator.encoder.weight', 'generator.encoder.bias'])]
    assert prior.channel_order == 'rgb' and not prior.can_be_cut


def test_blocks_of_nested_generators():
    conv = lambda: nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), nn.ReLU())  # noqa: E731
    assert find_blocks(nn.Sequential(conv(), conv())) == [['0'], ['1']]
    wrapped = nn.Module()
    wrapped.main = nn.Sequential(*conv(), *conv())
    assert find_blocks(wrapped) == [
        ['main.0', 'main.1', 'main.2'],
        ['main.3', 'main.4', 'main.5'],
    ]
    assert find_blocks(nn.Linear(2, 3)) == [['weight', 'bias']]
    assert find_blocks(nn.Tanh()) == []


def test_blocks_of_ones_own():
    prior = tiny(blocks=[['up']])
    assert [title for title, _ in prior.block_names] == ['up']
    assert prior.apart_names == [('unused', ['generator.fc.weight', 'generator.fc.bias'])]
    with pytest.raises(UserError, match=r"no weight begins with 'ups' \(did you mean up"):
        tiny(blocks=[['fc'], ['ups']])
    for wrong in ([], ['fc', 'up'], [[]]):
        with pytest.raises(UserError, match='give lists of prefixes'):
            tiny(blocks=wrong)


def test_a_chain_can_be_cut_and_what_is_none_says_so():
    chain = build(CONFIGS['module-chain'])
    latents = latents_of(chain, 2)
    assert chain.can_be_cut and len(chain.blocks) == 2
    cut = chain.forward_until(latents, 1)
    assert torch.equal(chain.forward_from(cut, 1), chain(latents))
    prior = tiny()
    assert not prior.can_be_cut
    with pytest.raises(UserError, match='Tiny cannot be cut between blocks'):
        prior.forward_until(latents_of(prior, 1), 1)


@pytest.mark.parametrize('output', ['image', 'latent', 'images', 0])
def test_the_image_in_a_dictionary(output):
    if output == 'image':
        latents = latents_of(tiny(), 2)
        assert torch.equal(tiny(wrapped=True, output='image')(latents), tiny()(latents))
        return
    words = '2×6 of 2 latents' if output == 'latent' else r"keys 'image', 'latent' and no tensor"
    with pytest.raises(UserError, match=words):
        tiny(wrapped=True, output=output)


def test_methods_tuples_and_objects():
    class Vae(Tiny):
        def forward(self, x):
            raise RuntimeError('this is the whole of it')

        def decode(self, z):
            return self.several(z)[1]

        def several(self, z):
            return z, Tiny.forward(self, z)

        def thing(self, z):
            class Output:
                pass

            output = Output()
            output.sample = Tiny.forward(self, z)
            return output

    latents, module = latents_of(tiny(), 2), seeded(Vae)
    image = ModulePrior(module, 6, method='decode')(latents)
    assert torch.equal(ModulePrior(module, 6, method='several', output=1)(latents), image)
    assert torch.equal(ModulePrior(module, 6, method='thing', output='sample')(latents), image)
    for method, words in dict(
        forward='this is the whole of it',
        decoder=r"method='decoder': Vae has none of this name \(did you mean decode",
        several='Vae returns a tuple of 2: name the image in it by output=',
        thing='Vae returns a Output with sample: name the image',
    ).items():
        with pytest.raises(UserError, match=words):
            ModulePrior(module, 6, method=method)


# ---- what is refused


class Broken(Tiny):
    """It, with one thing wrong."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def forward(self, z):
        return self.change(super().forward(z))


@torch.no_grad()
def without_gradients(image):
    return image * 1


REFUSED = {
    'makes 2×1×8×8 of 2 latents: a prior makes images of 3 channels': lambda x: x[:, :1],
    'makes 2×192 of 2 latents': lambda x: x.flatten(1),
    'no gradient reaches the latent': without_gradients,
    'not finite': lambda x: x / 0,
    'depends on the other samples of its batch': lambda x: x - x.mean(0),
    'is another one at every call': lambda x: x + torch.rand_like(x),
    'cannot make an image of a latent B×6 .RuntimeError: no such thing': lambda x: 1 / 0,
}


@pytest.mark.parametrize('words', REFUSED)
def test_what_cannot_be_searched(words):
    def failing(image):
        try:
            return REFUSED[words](image)
        except ZeroDivisionError:
            raise RuntimeError('no such thing') from None

    with pytest.raises(UserError, match=words) as error:
        ModulePrior(Broken(failing), 6)
    assert '\n' not in str(error.value)


@pytest.mark.parametrize(
    'changes, words',
    [
        (dict(latent_shape=5), 'cannot make an image of a latent B×5'),
        (dict(latent_shape=0), 'latent_shape=0'),
        (dict(latent_shape=(4, -8)), r'latent_shape=\(4, -8\)'),
        (dict(latent_shape='512'), "latent_shape='512'"),
        (dict(latent_shape=2.5), 'latent_shape=2.5'),
        (dict(latent='cauchy'), "latent='cauchy'"),
        (dict(module_kwargs=dict(width=3)), 'module_kwargs belong to an import path'),
    ],
)
def test_bad_options(changes, words):
    with pytest.raises(UserError, match=words):
        tiny(**changes)


def test_half_precision_is_named():
    with pytest.raises(UserError, match=re.escape('call .float()')):
        ModulePrior(seeded(Tiny).half(), 6)


# ---- how it is differentiated


class NoForwardMode(torch.autograd.Function):
    """Doubles; backward alone."""

    @staticmethod
    def forward(x):
        return x * 2

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 2


def in_place(image):
    fresh = torch.zeros(image.shape)
    fresh[:] = image
    return fresh


@pytest.mark.parametrize(
    'change, vmap, forward',
    [(nn.Identity(), True, True), (NoForwardMode.apply, False, False), (in_place, False, True)],
)
def test_what_a_generator_allows_is_tried(change, vmap, forward):
    prior = ModulePrior(seeded(lambda: Broken(change)), 6)
    assert (prior.supports_vmap, prior.supports_forward_mode) == (vmap, forward)
    assert prior.loops is not vmap
    plain, z = tiny(), latents_of(prior, 2)['z']
    tangents = torch.randn(3, 2, 6, generator=torch.Generator().manual_seed(1))
    found = jacobian_products(lambda at: prior({'z': at}), z, tangents, forward)
    factor = 2 if change == NoForwardMode.apply else 1
    expected = jacobian_products(lambda at: plain({'z': at}), z, tangents, True)
    torch.testing.assert_close(found, factor * expected, rtol=1e-4, atol=1e-6)


def test_the_mode_is_eval_and_gradients_are_off():
    module = Decoder().train()
    ModulePrior(module, (4, 8, 8))
    assert not any(part.training for part in module.modules())
    assert not any(p.requires_grad for p in module.parameters())
