"""The layout of an official checkpoint, found from its keys."""

import pytest

from mmgenprior import converters
from mmgenprior.priors import CheckpointError

from . import official_networks as official
from .test_converters import STATES

# Variants of the layouts beside those that every converter is tested with.
OTHERS = [
    ('pggan_ptrblck', lambda: official.ptrblck_state(8, (8,) * 7 + (4, 2))),
    ('pggan_genforce', lambda: official.genforce_state(8, (12, 12, 6), fused=False)),
    ('biggan_generator', lambda: official.biggan_g_state((16,) * 4, [1], split=False)),
    ('biggan_discriminator', lambda: official.biggan_d_state((16,) * 4, [2], 2)),
    ('began', lambda: official.began_state(5)),
    ('dcgan_tutorial', lambda: official.dcgan_state(6, (16, 8, 4, 2))),
    ('bigprior_phi', lambda: official.phi_state(3, prefix='module.backbone.dncnn.')),
]


@pytest.mark.parametrize(('name', 'state'), [*STATES.items(), *OTHERS])
def test_every_layout_is_found(name, state):
    state = state()
    kind = name.replace('_', '-')
    assert converters.detect(state) == kind
    plain = [key.removeprefix('module.') for key in state]
    assert converters.detect(plain) == kind
    assert converters.detect(f'module.{key}' for key in plain) == kind
    found = converters.converter_of('auto')(state)
    named = getattr(converters, f'convert_{name}')(state)
    assert found.config == named.config and found.state.keys() == named.state.keys()


def test_kinds_are_told_apart_by_their_keys():
    assert {name.replace('_', '-') for name in STATES} == set(converters.KINDS)
    for name, state in STATES.items():
        keys = {key.removeprefix('module.') for key in state()}
        fitting = {k for k, kind in converters.KINDS.items() if keys.issuperset(kind.keys)}
        assert fitting == {name.replace('_', '-')}


@pytest.mark.parametrize('keys', [[], ['conv.weight', 'conv.bias'], ['blocks.0.0.conv1.weight']])
def test_an_unknown_layout_lists_the_known_ones(keys):
    with pytest.raises(CheckpointError, match='in no layout that is known') as error:
        converters.detect(keys)
    text = str(error.value)
    assert '\n' not in text and all(kind in text for kind in converters.KINDS)
