"""Whatever a config is changed to, the check answers with lines."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmgenprior.cli.checking.check import mistakes
from mmgenprior.cli.checking.data_files import code_in

from .test_checking import _read

_NAMES = (
    'iagan_toyfaces_sr4',
    'dgp_toyfaces_color',
    'mapd_toyfaces_inpaint',
    'gaussnewton_celeba64_cs',
    'dcgan_toyfaces',
    'encoder_dcgan_toyfaces',
    'bigprior_lsunbedroom_color',
)
_WORDS = ('type', 'IAGAN', 'zoo', 'name', 'Stage', 'dcgan_toyfaces', 'iterations', '_delete_', '')
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    st.sampled_from(_WORDS),
    st.text(max_size=6),
    st.binary(max_size=2),
    st.just(object()),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner),
        st.dictionaries(st.one_of(st.sampled_from(_WORDS), st.text(max_size=4)), inner, max_size=3),
        st.dictionaries(st.one_of(st.integers(), st.none()), inner, max_size=2),
    ),
    max_leaves=6,
)


def _places(node: Any, path: tuple = ()) -> list[tuple]:
    """Paths of everything inside."""
    inner = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, value in inner:
        found.append((*path, key))
        if isinstance(value, (dict, list, tuple)):
            found += _places(value, (*path, key))
    return found


def _mutate(cfg: dict, place: tuple, how: str, value: Any) -> None:
    *path, last = place
    node = cfg
    for key in path:
        node = node[key]
    if isinstance(node, tuple):
        return
    if how == 'remove':
        del node[last]
    elif how == 'rename' and isinstance(node, dict):
        node[f'{last}x'] = node.pop(last)
    elif how == 'add' and isinstance(node, dict):
        node[str(value)[:8]] = value
    else:
        node[last] = value


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), name=st.sampled_from(_NAMES), count=st.integers(1, 4))
def test_no_mutation_ends_in_a_traceback(data, name, count):
    cfg = copy.deepcopy(_read(name))
    for _ in range(count):
        places = _places(cfg)
        if not places:
            break
        place = data.draw(st.sampled_from(places))
        how = data.draw(st.sampled_from(('set', 'remove', 'rename', 'add')))
        _mutate(cfg, place, how, data.draw(_VALUES))
    for purpose in (None, 'test', 'train'):
        for line in mistakes(cfg, purpose):
            assert isinstance(line, str) and line and '\n' not in line
    assert all(isinstance(line, str) for line in code_in(cfg))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.text(max_size=8), _VALUES, max_size=4))
def test_no_dict_ends_in_a_traceback(cfg):
    assert all(isinstance(line, str) for line in mistakes(cfg))


@pytest.mark.parametrize('key', ['model', 'test_dataloader', 'test_cfg', 'default_hooks'])
def test_an_object_of_code_in_place_of_a_section_is_let_pass(key):
    cfg = {**_read('iagan_toyfaces_sr4'), key: object()}
    assert all(isinstance(line, str) for line in mistakes(cfg, 'test'))
