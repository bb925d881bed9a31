"""Configs by the name of their package, with and without setuptools' pkg_resources."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from test_compat import ROOT, package, python

from mmgenprior.config_lookup import config_folders, own_config

USE = """
    import {first}
    import {second}
    from mmengine.config import Config
    for name in ('flat', 'part', 'stock'):
        config = Config.fromfile(f'{folder}/{{name}}.py', import_custom_modules=False)
        print(name, config.get('model', dict(type=None))['type'], config.default_scope)
    try:
        Config.fromfile('{folder}/wrong.py')
    except FileNotFoundError as error:
        print(error)
"""
SAID = [
    'flat IAGAN mmagic',
    'part None mmagic',
    'stock BaseEditModel mmagic',
    "mmgenprior has no config 'iagan_toyfaces_sr' (did you mean iagan_toyfaces_sr4, ",
]


@pytest.fixture
def configs(tmp_path):
    """Configs that name another package's."""
    srcnn = 'mmagic::srcnn/srcnn_x4k915_1xb16-1000k_div2k.py'
    for name, base in dict(
        flat='mmgenprior::iagan_toyfaces_sr4.py',
        part='mmgenprior::_base_/runtime/default.py',
        stock=srcnn,
        wrong='mmgenprior::iagan_toyfaces_sr',
    ).items():
        (tmp_path / f'{name}.py').write_text(f'_base_ = {base!r}\n')
    return tmp_path


@pytest.mark.parametrize('first', ['mmgenprior', 'mmengine.config'])
def test_base_names_a_config_of_a_package(configs, first):
    second = {'mmgenprior': 'mmengine', 'mmengine.config': 'mmgenprior'}[first]
    said = python(USE.format(folder=configs, first=first, second=second)).splitlines()
    assert [line for line in said if line.startswith(('flat', 'part', 'stock'))] == SAID[:3]
    assert said[-1].startswith(SAID[3])


def test_an_installed_copy_has_its_own(tmp_path):
    """As a wheel unpacks: no clone round it, configs in .mim; with pkg_resources in place."""
    site = tmp_path / 'site'
    ignore = shutil.ignore_patterns('__pycache__')
    shutil.copytree(ROOT / 'mmgenprior', site / 'mmgenprior', ignore=ignore)
    shutil.copytree(ROOT / 'configs', site / 'mmgenprior' / '.mim' / 'configs', ignore=ignore)
    package(site, pkg_resources='')
    (tmp_path / 'mine.py').write_text("_base_ = 'mmgenprior::iagan_toyfaces_sr4.py'\n")
    said = python(
        f"""
        import mmgenprior
        from mmengine.config import Config
        config = Config.fromfile('{tmp_path}/mine.py', import_custom_modules=False)
        print(mmgenprior.__file__, config.model.type, sep='\\n')
        from mmgenprior.config_lookup import own_config
        print(own_config('iagan_toyfaces_sr4'))
        """,
        site,
    )
    where, model, config = said.splitlines()[-3:]
    assert Path(where).is_relative_to(site) and Path(config).is_relative_to(site)
    assert model == 'IAGAN'


def test_every_config_has_a_name():
    (folder,) = config_folders()
    for path in folder.rglob('*.py'):
        assert own_config(f'mmgenprior::{path.relative_to(folder)}') == path
    with pytest.raises(FileNotFoundError, match='has no config'):
        own_config('mmgenprior::../setup.py')


def test_hub_gives_configs_and_models():
    said = python("""
        import mmgenprior
        from mmengine.hub import get_config, get_model
        print(get_config('mmgenprior::iagan_toyfaces_sr4.py').model.type)
        print(type(get_model('mmgenprior::bicubic_toyfaces_sr4')).__module__)
        from mmengine.utils import get_installed_path, is_installed
        print(is_installed('mmagic'), is_installed('mmcv-lite'), is_installed('no-such-thing'))
        print(get_installed_path('mmagic').rsplit('/')[-1], get_installed_path('mmcv-lite')[-4:])
    """)
    assert said.splitlines()[-4:] == [
        'IAGAN',
        'mmgenprior.editors.baselines',
        'True True False',
        'mmagic mmcv',
    ]
