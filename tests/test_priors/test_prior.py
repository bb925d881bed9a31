"""Laws that every prior obeys."""

import copy
import logging
import pickle

import pytest
import torch
from mmengine.logging import MMLogger
from torch.func import functional_call

from mmgenprior.priors import Prior
from mmgenprior.utils.errors import UserError

from .conftest import CONFIGS, build, enliven, latents_of


def spread(a, b):
    return ((a - b).abs().max() / (b.max() - b.min())).item()


def perturbed(prior, count):
    """Stacked weights, different for every sample."""
    rng = torch.Generator().manual_seed(9)
    return {
        name: torch.stack(
            [p.detach() + 0.05 * torch.randn(p.shape, generator=rng) for _ in range(count)]
        )
        for name, p in prior.named_parameters()
    }


def test_shapes_and_mode(prior):
    assert isinstance(prior, Prior)
    channels, height, width = prior.image_shape
    latents = latents_of(prior, 2)
    assert {k: tuple(v.shape[1:]) for k, v in latents.items()} == prior.latent_shapes
    image = prior(latents)
    assert image.shape == (2, channels, height, width) and channels == 3
    assert image.isfinite().all()
    assert spread(image[:1], image[1:]) > 1e-4, 'two latents give one image'
    prior.train()
    assert not any(m.training for m in prior.modules())
    assert not any(p.requires_grad for p in prior.parameters())


def test_range_and_channel_order(prior):
    latents = latents_of(prior, 2)
    native = prior.generate(latents)
    prior._forget_derived_weights()
    image = prior(latents)
    expected = (native + 1) / 2
    if prior.channel_order == 'bgr':
        expected = expected[:, [2, 1, 0]]
    assert torch.equal(image, expected)
    assert spread(prior.from_rgb(image), native) < 1e-6
    order = prior.channel_order
    try:
        prior.channel_order = 'rgb' if order == 'bgr' else 'bgr'
        assert torch.equal(prior(latents), image.flip(1))
    finally:
        prior.channel_order = order


def test_output_range():
    wide = build(CONFIGS['dcgan'], output_range=(-3.0, 5.0), channel_order='rgb')
    latents = latents_of(wide, 1)
    assert torch.allclose(wide(latents), (wide.generator(latents['z']) + 3) / 8)


def test_sampling_is_a_function_of_the_seed(prior):
    state = torch.get_rng_state()
    one, same, other = (
        prior.sample_latents(torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(torch.get_rng_state(), state), 'the global stream was used'
    for name, value in one.items():
        assert value.dtype == torch.float32 and value.device.type == 'cpu'
        assert not value.requires_grad
        assert torch.equal(value, same[name])
    starts_at_mean = getattr(prior, 'latent_space', 'z') != 'z' and prior.w_init == 'mean'
    first = next(iter(one))
    assert torch.equal(one[first], other[first]) == starts_at_mean


def test_image_is_a_function_of_the_latents(prior):
    latents = latents_of(prior, 2)
    torch.manual_seed(0)
    first = prior(latents)
    torch.manual_seed(1)
    assert torch.equal(first, prior(latents))


def test_gradients_reach_the_latents_only(prior):
    latents = {k: v.requires_grad_() for k, v in latents_of(prior, 2).items()}
    prior(latents).square().sum().backward()
    for value in latents.values():
        assert value.grad.isfinite().all() and value.grad.abs().max() > 0
    assert all(p.grad is None for p in prior.parameters())


def test_no_sample_reaches_another(prior):
    latents = {k: v.requires_grad_() for k, v in latents_of(prior, 3).items()}
    prior(latents)[1].square().sum().backward()
    for value in latents.values():
        assert value.grad[1].abs().max() > 0
        assert value.grad[[0, 2]].abs().max() == 0


def test_batch_equals_single(prior):
    latents = latents_of(prior, 4)
    batch = prior(latents)
    for i in range(4):
        assert spread(prior({k: v[i : i + 1] for k, v in latents.items()}), batch[i : i + 1]) < 1e-5


@pytest.mark.parametrize('name', [name for name in CONFIGS if name.startswith('stylegan')])
def test_stylegan_batches_are_bitwise_single_runs(name):
    prior = enliven(build(CONFIGS[name]))

    def run(latents):
        code = {k: v.clone().requires_grad_() for k, v in latents.items()}
        image = prior(code)
        return image.detach(), *torch.autograd.grad(image.square().sum(), list(code.values()))

    latents = latents_of(prior, 3)
    batch = run(latents)
    for i in range(3):
        for together, alone in zip(
            batch, run({k: v[i : i + 1] for k, v in latents.items()}), strict=True
        ):
            assert torch.equal(together[i : i + 1], alone)


def test_blocks_cover_every_parameter_once(prior):
    placed = [name for _, names in prior.block_names + prior.apart_names for name in names]
    assert sorted(placed) == sorted(name for name, _ in prior.named_parameters())
    table = dict(prior.named_parameters())
    for (title, names), (same, parameters) in zip(prior.block_names, prior.blocks, strict=True):
        assert title == same and names, f'block {title} is empty'
        assert [id(table[n]) for n in names] == [id(p) for p in parameters]
    titles = [title for title, _ in prior.blocks + prior.apart]
    assert len(set(titles)) == len(titles)


def test_blocks_run_from_shallow_to_deep(prior):
    if isinstance(prior.generator, torch.jit.ScriptModule):
        pytest.skip('hooks do not see what runs inside of TorchScript')
    order, handles = [], []
    modules = dict(prior.named_modules())
    for title, names in prior.block_names:
        for name in names:
            owner = name.rpartition('.')[0]
            hook = lambda *_, t=title: order.append(t)  # noqa: E731
            handles.append(modules[owner].register_forward_pre_hook(hook))
    prior(latents_of(prior, 1))
    for handle in handles:
        handle.remove()
    seen = list(dict.fromkeys(order))
    titles = [title for title, _ in prior.blocks]
    assert seen == titles


def test_every_block_changes_the_image_and_unused_layers_do_not(prior):
    latents = latents_of(prior, 1)
    image = prior(latents)
    for title, parameters in prior.blocks + prior.apart:
        kept = [p.detach().clone() for p in parameters]
        with torch.no_grad():
            for p in parameters:
                p.add_(torch.full_like(p, 0.1))
        changed = spread(prior(latents), image)
        with torch.no_grad():
            for p, old in zip(parameters, kept, strict=True):
                p.copy_(old)
        idle = {'torgb_lower', 'shared_embedding', 'unused'}
        if 'z' not in latents:
            idle.add('mapping')
        if title in idle:
            assert changed < 1e-6, f'{title} changes the image'
        else:
            assert changed > 1e-6, f'{title} does not change the image'


def test_functional_call_equals_module(prior, unfolded):
    latents = latents_of(prior, 2)
    weights = {name: p.detach().clone() for name, p in prior.named_parameters()}
    assert torch.equal(functional_call(prior, weights, (latents,)), prior(latents))
    moved = {name: w[0] for name, w in perturbed(prior, 1).items()}
    other = functional_call(prior, moved, (latents,))
    assert spread(other, prior(latents)) > 1e-4
    copied = copy.deepcopy(prior)
    copied.load_state_dict({**prior.state_dict(), **moved})
    if getattr(prior, 'mean_w', None) is not None:
        copied.mean_w = prior.mean_w  # the mean belongs to the loaded weights, not to the trial
    assert torch.equal(other, copied(latents))


def test_vmap_over_weights_equals_a_loop(prior):
    latents, weights = latents_of(prior, 3), perturbed(prior, 3)

    def one(weight, latent):
        return functional_call(prior, weight, ({k: v[None] for k, v in latent.items()},))[0]

    if not prior.supports_vmap:
        with pytest.raises(RuntimeError, match='inplace'):
            torch.vmap(one)(weights, latents)
        return
    together = torch.vmap(one)(weights, latents)
    for i in range(3):
        alone = one({k: v[i] for k, v in weights.items()}, {k: v[i] for k, v in latents.items()})
        assert spread(together[i], alone) < 1e-5


def test_gradients_of_own_weights(prior):
    latents = latents_of(prior, 1)
    names = {n for _, group in prior.block_names for n in group}
    weights = {
        n: p.detach().clone().requires_grad_() for n, p in prior.named_parameters() if n in names
    }
    functional_call(prior, weights, (latents,)).square().sum().backward()
    silent = [n for n, w in weights.items() if w.grad is None]
    assert not silent, f'no gradient reaches {silent}'
    assert all(p.grad is None for p in prior.parameters())


def test_copies_after_a_forward_with_gradients(prior):
    latents = latents_of(prior, 1)
    weights = {n: p.detach().clone().requires_grad_() for n, p in prior.named_parameters()}
    image = functional_call(prior, weights, (latents,))
    image.sum().backward()
    assert torch.equal(copy.deepcopy(prior)(latents), prior(latents))


def test_no_graph_outlives_a_call(prior):
    weights = {n: p.detach().clone().requires_grad_() for n, p in prior.named_parameters()}
    functional_call(prior, weights, (latents_of(prior, 1),))
    held = [
        name
        for module in prior.modules()
        for name, value in vars(module).items()
        if isinstance(value, torch.Tensor) and value.grad_fn is not None
    ]
    assert not held


def test_state_dict_returns(prior, tmp_path):
    latents = latents_of(prior, 1)
    torch.save(prior.state_dict(), tmp_path / 'prior.pth')
    again = copy.deepcopy(prior)
    with torch.no_grad():
        for p in again.parameters():
            p.zero_()
    again.load_state_dict(torch.load(tmp_path / 'prior.pth', weights_only=True))
    assert torch.equal(again(latents), prior(latents))
    assert pickle.dumps(again.state_dict())


@pytest.mark.parametrize('name', ['pggan', 'biggan', 'stylegan2-w+'])
def test_random_weights_are_seeded_and_announced(name):
    said = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    state = torch.get_rng_state()
    try:
        one, same, other = (build(CONFIGS[name], init_seed=s) for s in (1, 1, 2))
    finally:
        logger.removeHandler(handler)
    assert torch.equal(torch.get_rng_state(), state), 'the global stream moved'
    said = [line for line in said if 'the generator has random weights' in line]
    assert [line[-3:] for line in said] == ['=1)', '=1)', '=2)']
    rows = [torch.cat([p.flatten() for p in m.parameters()]) for m in (one, same, other)]
    assert torch.equal(rows[0], rows[1]) and not torch.equal(rows[0], rows[2])


@pytest.mark.parametrize(
    'changes, words',
    [
        (dict(latent='cauchy'), "latent='cauchy'"),
        (dict(channel_order='gbr'), "channel_order='gbr'"),
        (dict(output_range=(1.0, -1.0)), 'output_range'),
    ],
)
def test_bad_options(changes, words):
    with pytest.raises(UserError, match=words):
        build(CONFIGS['began'], **changes)


def test_wrong_latents(small_pggan):
    with pytest.raises(ValueError, match='are needed'):
        small_pggan({'w': torch.zeros(1, 16)})
    with pytest.raises(ValueError, match='are needed'):
        small_pggan({'z': torch.zeros(1, 15)})


def test_wrong_family():
    with pytest.raises(UserError, match='PGGANPrior adapts PGGANGenerator, not BEGANGenerator'):
        build(CONFIGS['pggan'], generator=CONFIGS['began']['generator'])


def test_one_channel_generator_is_refused():
    grey = build(CONFIGS['dcgan'], generator=dict(CONFIGS['dcgan']['generator'], out_channels=1))
    with pytest.raises(ValueError, match='makes 1 channels'):
        grey(latents_of(grey, 1))


def test_a_module_keeps_its_weights(small_pggan):
    from mmgenprior.priors import PGGANPrior

    module = enliven(small_pggan).generator
    latents = latents_of(small_pggan, 1)
    assert torch.equal(PGGANPrior(module)(latents), small_pggan(latents))
