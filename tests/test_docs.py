"""What the documentation says is run: Python examples as they are, commands with short settings.

The commands run from an installed wheel, in an environment and a folder of their own; `tools/` and
`configs/` are those that the wheel brings.
"""

import functools
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from installed import Installed, install
from PIL import Image
from test_packaging import build, source  # noqa: F401  (the last is a fixture)

from mmgenprior.cli.checking.check import mistakes

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *sorted((ROOT / 'docs').glob('*.md'))]
# Run by CI itself: one is the demonstration, the other runs this test.
RUN_BY_CI = {'bash tools/demo.sh', 'bash tools/run_tests.sh'}
# What keeps a command of each tool short; a tool that is not named runs as it stands.
RESTORING = [
    'model.stages.CSGM.iterations=2',
    'model.stages.IAGAN.iterations=2',
    'test_dataloader.dataset.indices=2',
]
TRAINING = [
    'train_cfg.max_iters=2',
    'train_dataloader.batch_size=4',
    'train_dataloader.num_workers=0',
    'train_dataloader.persistent_workers=False',
]
# Methods that name their iterations otherwise, by how their configs' names begin.
OTHERS = {
    'csgm_': ['model.stages.CSGM.iterations=2', 'test_dataloader.dataset.indices=2'],
    'dgp_': [
        *(f'model.stages.{i}.iterations=1' for i in range(4)),
        'model.candidates.candidates=4',
        'test_dataloader.dataset.indices=2',
    ],
    'gaussnewton_': [
        *(f'model.stages.{name}.iterations=2' for name in ('descent', 'adapted', 'sampled')),
        'test_dataloader.dataset.indices=2',
    ],
    'mganprior_': ['model.stages.mGANprior.iterations=2', 'test_dataloader.dataset.indices=2'],
}
# Of trainings that need the weights of others.
WITHOUT_WEIGHTS = {'dcgan_toyfaces_paired.py': ['model.perceptual=None']}
# Of `mmgenprior restore`, in Python too.
SHORT = {name: dict(iterations=2) for name in ('descent', 'features', 'adapted', 'sampled')}
REPAIRING = [f'stages.{name}.iterations=2' for name in SHORT]
TOOLS = {'test.py': RESTORING, 'dist_test.sh': RESTORING, 'train.py': TRAINING}


def short_settings(words):
    """The settings that keep a command short."""
    tool, *rest = (Path(word).name for word in words[1:])
    settings = TOOLS.get(tool, [])
    if settings is RESTORING:
        config = next(name for name in rest if name.endswith('.py'))
        settings = next((s for start, s in OTHERS.items() if config.startswith(start)), settings)
    return list(settings) + [s for name in rest for s in WITHOUT_WEIGHTS.get(name, [])]


def blocks(page, language):
    return re.findall(rf'^```{language}\n(.*?)^```', page.read_text(), re.MULTILINE | re.DOTALL)


def commands():
    """Every distinct command of the bash blocks, without comments."""
    found = [block for page in PAGES for block in blocks(page, 'bash')]
    lines = [line for block in found for line in block.splitlines()]
    return list(dict.fromkeys(line.split('#')[0].strip() for line in lines if line.strip()))


@pytest.fixture(scope='module')
def workplace(tmp_path_factory):
    """Pictures and a generator where the README expects them."""
    import torch

    from mmgenprior.datasets.toyfaces import render_face
    from mmgenprior.priors import BEGANGenerator

    folder = tmp_path_factory.mktemp('readme')
    random = np.random.default_rng(0)
    for name, size in {'faces64': 64, 'measured': 16}.items():
        (folder / 'data' / name).mkdir(parents=True)
        for key in 'ab':
            pixels = random.integers(0, 256, (size, size, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / 'data' / name / f'{key}.png')
    face = render_face(0, 'test', 0, 64)
    Image.fromarray(face).save(folder / 'portrait.png')
    Image.fromarray(face).convert('L').save(folder / 'scan.png')
    hole = np.full((64, 64), 255, np.uint8)
    hole[20:40, 20:40] = 0
    Image.fromarray(hole).save(folder / 'hole.png')
    np.save(folder / 'shake.npy', np.eye(5))
    (folder / 'checkpoints').mkdir()
    torch.save(BEGANGenerator(64).state_dict(), folder / 'checkpoints' / 'began_celeba64.pth')
    return folder


def test_every_command_is_known():
    for command in commands():
        first = shlex.split(command)[0]
        assert first in {'bash', 'python', 'export', 'mmgenprior'}, f'no test runs {command!r}'
        script = next((w for w in shlex.split(command)[1:] if w.startswith('tools/')), None)
        assert first in {'export', 'mmgenprior'} or (ROOT / script).is_file(), command


@pytest.fixture(scope='module')
def installed(source, tmp_path_factory) -> Installed:  # noqa: F811  (the fixture above)
    wheel = build(source, 'wheel', tmp_path_factory.mktemp('wheel'))
    return install(wheel, tmp_path_factory.mktemp('installed'))


@pytest.mark.slow
@pytest.mark.parametrize(
    'command', [c for c in commands() if c not in RUN_BY_CI and not c.startswith('export')]
)
def test_command_runs_from_a_wheel(command, workplace, installed):
    words = shlex.split(command)
    settings = [] if words[0] == 'mmgenprior' else short_settings(words)
    if 'iagan_celeba64' in command and 'measurement' not in command:
        settings.append('model.baselines.1.iterations=2')  # the deep image prior
    words = [
        str(installed.carried / w) if w.startswith(('tools/', 'configs/')) else w for w in words
    ]
    if words[:2] == ['mmgenprior', 'restore']:
        words += ['--prior', 'dcgan_toyfaces', '--options', *REPAIRING]
    if settings:
        # Of an option given twice the later one counts, so the short settings go last.
        words += [*([] if '--cfg-options' in words else ['--cfg-options']), *settings]
    if TOOLS.get(Path(words[1]).name) is RESTORING and '--share' not in words:
        words.append('--fresh')  # pages share work dirs, and set other things
    environment = installed.environment | {
        'MGP_DATA_ROOT': str(workplace / 'data'),
        'MGP_PRIOR_ROOT': str(workplace / 'checkpoints'),
    }
    words[0] = shutil.which(words[0], path=environment['PATH'])
    done = subprocess.run(
        words, cwd=workplace, env=environment, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    # The environment of the packages may lie in the clone, and warns of what is in them.
    for part in ('mmgenprior', 'configs', 'tools'):
        assert str(ROOT / part) not in done.stdout + done.stderr
    if TOOLS.get(Path(words[1]).name) is RESTORING:
        assert list((workplace / 'work_dirs').glob('*/metrics.json'))


@pytest.mark.parametrize('page', [p for p in PAGES if blocks(p, 'python')], ids=lambda p: p.name)
def test_python_examples_run(page, workplace, monkeypatch):
    names = {'__name__': f'example_{page.stem}'}
    if page.name == 'README.md':  # its photo lies there; shortened as the commands are
        monkeypatch.chdir(workplace)
        import mmgenprior

        short = dict(prior='dcgan_toyfaces', options=dict(stages=SHORT))
        restore = functools.partial(mmgenprior.restore, **short)
        monkeypatch.setattr(mmgenprior, 'restore', restore, raising=False)
    for number, block in enumerate(blocks(page, 'python')):
        exec(compile(block, f'{page.name}, example {number + 1}', 'exec'), names)


def configs(page):
    return [block for block in blocks(page, 'py') if block.startswith('_base_')]


@pytest.mark.parametrize('page', [p for p in PAGES if configs(p)], ids=lambda p: p.name)
def test_configs_in_pages_are_in_order(page, tmp_path):
    from mmengine.config import Config

    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    for number, text in enumerate(configs(page)):
        path = tmp_path / f'{number}.py'
        path.write_text(text)
        config = Config.fromfile(path, import_custom_modules=False)
        found = mistakes(config._cfg_dict.to_dict())
        assert not [line for line in found if line != 'model is missing'], text


@pytest.mark.parametrize('page', PAGES, ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r'\]\((?!https?:)([^)#]+)', page.read_text()):
        assert (page.parent / target).exists(), target
