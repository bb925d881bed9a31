"""Which errors are a user's, and the line that each of them gets."""

from __future__ import annotations

import pickle

import pytest

from mmgenprior.cli.explain import explain
from mmgenprior.utils.errors import UserError


def test_which_errors_are_the_users():
    worker = 'Caught UserError in DataLoader worker process 0.\n  File x\nm.UserError: bad y'
    assert explain(UserError(worker)) == 'bad y'
    assert (
        explain(FileNotFoundError(2, 'No such file', 'a.png')) == "[Errno 2] No such file: 'a.png'"
    )
    refused = explain(pickle.UnpicklingError('Unsupported global: GLOBAL posix.system was not'))
    assert "'posix.system'" in refused
    assert 'torchfoo' in explain(ModuleNotFoundError('no', name='torchfoo.x'))
    # Ours to mend: they keep their traceback.
    for bug in (ModuleNotFoundError('no', name='mmgenprior.x'), KeyError('x'), TypeError('x')):
        assert explain(bug) is None
    assert explain(ValueError('x')) is None


def test_a_wrong_type_or_argument_in_a_config_is_the_users():
    from mmengine.registry import Registry

    registry = Registry('thing')

    @registry.register_module()
    class Thing:
        def __init__(self, size):
            # A fault of the component itself, not of the config.
            dict(**{'a': 1}).__init__(1, 2)

    @registry.register_module()
    class Child(Thing):
        def __init__(self, count=1, **kwargs):
            if count < 1:
                raise ValueError(f'Child: count={count} must be at least 1')
            super().__init__(**kwargs)

    for cfg, expected in (
        (dict(type='Thing', sise=1), 'config: Thing.__init__() got an unexpected'),
        (dict(type='Thing'), "config: Thing.__init__() missing 1 required positional argument: 's"),
        (dict(type='Thing', size=1), None),
        (dict(type='Child', sise=1), 'config: Thing.__init__() got an unexpected'),
    ):
        with pytest.raises(TypeError) as caught:
            registry.build(cfg)
        line = explain(caught.value)
        assert line is None if expected is None else '__init__() ' in line and 'config: ' in line
    with pytest.raises(ValueError) as caught:
        registry.build(dict(type='Child', count=0))
    assert explain(caught.value) == 'config: Child: count=0 must be at least 1'


def test_a_lacking_package_names_the_environment_that_has_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr('mmgenprior.cli.explain._CLONE', tmp_path)
    error = ModuleNotFoundError("No module named 'mmengine'", name='mmengine')
    assert 'pip install .' in explain(error)
    python = tmp_path / '.venv' / 'bin' / 'python'
    python.parent.mkdir(parents=True)
    python.touch()
    assert "write '.venv/bin/python' in place of 'python'" in explain(error)
    monkeypatch.setattr('sys.prefix', str(tmp_path / '.venv'))  # the very one that runs
    assert 'pip install .' in explain(error)
