"""Lines of the ledger: what is written is read, and nothing else is."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from mmgenprior.ledger.entries import Entry, decode, encode
from mmgenprior.ledger.ledger import PARTS, Head, Ledger

numbers = st.floats() | st.integers(-(2**40), 2**40)
results = st.dictionaries(st.text(), numbers, max_size=3) | st.none()
entries = st.builds(
    Entry,
    key=st.text(),
    run=st.integers(0, 10**6),
    settings=st.text(),
    weights=st.text(),
    source=st.text(),
    saved=st.dictionaries(st.text(), st.text(), max_size=3),
    row=st.builds(
        lambda found, has_gt: dict(main='x', has_gt=has_gt, results={'x': found}),
        st.lists(results, max_size=3),
        st.booleans(),
    ),
    trace=st.lists(numbers, max_size=5).map(tuple),
    seconds=st.none() | st.floats(0, 1e6),
)
anything = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
ENTRY = Entry(
    'a', 1, row=dict(main='x', has_gt=True, results={'x': [{'PSNR': 20.5}]}), saved={'p': 'q'}
)


@given(entries)
def test_an_entry_survives_its_line(entry):
    line = encode(entry)
    assert b'\n' not in line
    assert encode(decode(line)) == line  # NaN is not equal to itself


@given(st.binary(max_size=300) | anything.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_no_entry(line):
    assert decode(line) is None


@given(st.data())
def test_a_line_that_was_cut_or_changed_is_no_entry(data):
    line = encode(ENTRY)
    place = data.draw(st.integers(0, len(line) - 1))
    assert decode(line[:place]) is None
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != line[place]))
    changed = decode(line[:place] + bytes([other]) + line[place + 1 :])
    assert changed is None or changed == ENTRY  # a blank may be another blank


@given(st.sampled_from(sorted(Entry.__dataclass_fields__)), anything)
def test_a_field_of_another_kind_is_refused_or_harmless(name, value):
    """Also where the hash fits, as in a line of another release."""
    try:
        line = encode(Entry(**{**ENTRY.__dict__, name: value}))
    except (TypeError, ValueError):
        return
    entry = decode(line)
    if entry is not None and not entry.void:
        assert isinstance(entry.key, str) and entry.row['main'] in entry.row['results']
        assert all(isinstance(x, (int, float)) for x in entry.trace)


def ledger_of(folder, **parts):
    (folder / PARTS).mkdir()
    for name, lines in parts.items():
        (folder / PARTS / f'{name}.jsonl').write_bytes(b'\n'.join(lines))
    return Ledger(folder).read()


def test_the_last_start_holds_and_what_it_took_back_came_before(tmp_path):
    def entry(key, run, **fields):
        return encode(Entry(key, run, **{'row': ENTRY.row, **fields}))

    void = encode(Entry('a', 2, void=True)), encode(Entry('b', 2, void=True))
    ledger = ledger_of(
        tmp_path,
        rank0=[entry('a', 1), entry('b', 1), entry('c', 1), *void],
        rank1=[entry('a', 2, seconds=2.0), entry('d', 1)],
    )
    assert set(ledger.entries) == {'a', 'c', 'd'} and ledger.entries['a'].run == 2
    assert ledger.last_run == 2 and ledger.damaged == {}
    ledger.open(0)
    ledger.take_back(['c'], 3)
    ledger.close()
    assert set(Ledger(tmp_path).read().entries) == {'a', 'd'}


def test_what_others_add_is_read_on(tmp_path):
    """Lines that are being written wait; damaged ones that were set aside are read over."""
    ledger, writer = ledger_of(tmp_path), Ledger(tmp_path)
    part = tmp_path / PARTS / 'rank3.jsonl'
    writer.open(3)
    writer.add(Entry('a', 1, row=ENTRY.row))
    assert set(ledger.refresh().entries) == {'a'}
    line = encode(Entry('b', 1, row=ENTRY.row))
    with open(part, 'ab') as file:
        file.write(line[:30])
    assert set(ledger.refresh().entries) == {'a'}
    with open(part, 'ab') as file:
        file.write(line[30:] + b'\n' + b'noise' * 100 + b'\n')
    assert set(ledger.refresh().entries) == {'a', 'b'}
    writer.close()
    other = Ledger(tmp_path).read()
    other.set_damaged_aside()
    other.open(3)
    other.take_back(['a'], 2)
    other.close()
    assert set(ledger.refresh().entries) == {'b'} == set(Ledger(tmp_path).read().entries)


def test_a_head_is_read_or_none(tmp_path):
    head = Head({'model': {}}, 'x', 'y', ['a'], [dict(kind='mean')], {}, 16)
    ledger = ledger_of(tmp_path)
    assert ledger.head() is None
    ledger.write_head(head)
    assert ledger.head() == head
    path = tmp_path / PARTS / 'run.json'
    good = path.read_bytes()
    for bad in (b'', b'null', b'17', b'[' * 100000, good[:50], b'{}', b'\xff\xfe'):
        path.write_bytes(bad)
        assert ledger.head() is None
    path.write_bytes(good.replace(b'"asked": [', b'"asked": [1, '))
    assert ledger.head() is None


def test_nan_and_infinity_are_numbers():
    entry = Entry('a', 1, row=ENTRY.row, trace=(math.inf, math.nan), seconds=math.inf)
    assert decode(encode(entry)).seconds == math.inf
