"""Damages by name: what is read, what is refused, what the configs get."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmgenprior.damages import KINDS, Damage, DamageChain, DamageError, parse_damage
from mmgenprior.degradations import DegradationError, build_degradation, get_degradation

VALUES = dict(
    sr=st.integers(2, 64),
    hole=st.none() | st.just('#ff00ff'),
    grey=st.none(),
    noise=st.none() | st.integers(1, 255).map(float),
    blur=st.none() | st.integers(1, 100).map(float) | st.just('a+shake.npy'),
    jpeg=st.none() | st.integers(1, 100),
    quantized=st.none() | st.integers(2, 256),
)


@st.composite
def chains(draw):
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, min_size=1))
    last = [kind for kind in ('noise', 'hole') if kind in kinds]
    kinds = [kind for kind in kinds if kind not in last] + last
    return DamageChain(tuple(Damage(kind, draw(VALUES[kind])) for kind in kinds))


@given(chains())
def test_a_chain_is_read_as_it_is_written(chain):
    assert parse_damage(str(chain)) == chain


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused_in_one_line(text):
    try:
        assert parse_damage(text).damages
    except DamageError as error:
        assert '\n' not in str(error).replace(text, '')


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('hloe', 'did you mean hole?'),
        ('inpaint', 'did you mean hole?'),
        ('sr', 'needs a value'),
        ('sr1', 'whole number from 2'),
        ('grey+nois', "no damage 'nois' in 'grey+nois' (did you mean noise?)"),
        ('grey:3', 'grey has no value'),
        ('hole:#ff', 'write it as #rrggbb'),
        ('noise:-1', 'grey levels above 0'),
        ('noise:nan', 'grey levels above 0'),
        ('blur:0', 'a deviation in pixels above 0'),
        ('blur:shake.txt', 'or a file of a kernel (.npy'),
        ('blur:2+nois', "no damage 'nois'"),
        ('noise+sr4', 'write it last'),
        ('grey+grey', 'named twice'),
        ('jpeg:101', 'from 1 to 100'),
        ('cs:0.1+grey', 'noise alone'),
        ('', 'must be a text such as'),
    ],
)
def test_mistakes(text, said):
    with pytest.raises(DamageError, match='.*') as caught:
        parse_damage(text)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_mask_file_may_have_a_plus_in_its_name():
    chain = parse_damage('grey+hole:a+b.png')
    assert [str(damage) for damage in chain.damages] == ['grey', 'hole:a+b.png']


def test_names_stand_for_configs():
    image = torch.rand(1, 3, 16, 16)
    shapes = {
        'sr4': (3, 4, 4),
        'grey': (1, 16, 16),
        'blur:1.5': (3, 16, 16),
        'jpeg:30': (3, 16, 16),
    }
    shapes |= {'quantized:5': (3, 16, 16), 'grey+sr2': (1, 8, 8), 'cs:0.25': (192,)}
    for name, shape in shapes.items():
        assert build_degradation(name).bind({}, (3, 16, 16)).forward_operator(image).shape == (
            1,
            *shape,
        ), name
    assert get_degradation('noise:25').noise.bounds == (25 / 255, 25 / 255)
    # What the blind configs look for.
    assert get_degradation('noise').noise.bounds == (5 / 255, 50 / 255)
    assert get_degradation('hole').physics.parameter_names == ('mask',)


@pytest.mark.parametrize('name', ['hole:#ff00ff', 'jpeg', 'quantized'])
def test_configs_are_told_what_only_a_photo_tells(name):
    with pytest.raises(DamageError, match='mmgenprior restore'):
        build_degradation(name)
    with pytest.raises(DamageError, match='needs its width in pixels'):
        build_degradation('blur')
    with pytest.raises(DegradationError, match='there is no mask file'):
        build_degradation('hole:nowhere.png')


def test_the_table_needs_no_torch():
    code = (
        "import sys; from mmgenprior.damages import parse_damage; parse_damage('grey+sr4').config()"
        "; assert not {'torch', 'numpy', 'mmengine'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, '-c', code], check=True)
    assert all(kind.about and '\n' not in kind.about for kind in KINDS.values())
