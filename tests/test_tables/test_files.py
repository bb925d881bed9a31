"""What the files of a table tell of its runs."""

from __future__ import annotations

import json

from mmgenprior.tables.files import ABOUT, about_runs


def test_a_later_day_and_commit_are_added_once(tmp_path):
    first = dict(date='2020-02-03', commit='abcdef', torch='1', machine='of then')
    (tmp_path / ABOUT).write_text(json.dumps(first))
    later = about_runs(tmp_path)
    days = later['date'].split(', ')
    assert days[0] == '2020-02-03' and len(days) == 2
    assert later['commit'].startswith('abcdef')
    assert later['machine'] == 'of then'
    assert about_runs(tmp_path) == later == json.loads((tmp_path / ABOUT).read_text())


def test_what_cannot_be_read_is_noted_anew(tmp_path):
    (tmp_path / ABOUT).write_text('[]')
    assert set(about_runs(tmp_path)) == {'date', 'commit', 'torch', 'machine'}
