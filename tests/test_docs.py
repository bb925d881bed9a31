"""What the documentation says is run: commands and Python examples, with short settings.

They run from an installed wheel, in an environment and a folder of their own; `tools/` and
`configs/` are those that the wheel brings. Commands of one block follow one another.
"""

import functools
import re
import shlex
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
# How a command begins → why it is not run here, and the file of tests that does what can be done.
ELSEWHERE = {
    'bash tools/demo.sh': 'CI runs it',
    'bash tools/run_tests.sh': 'this is it',
    'export': 'the environment below has its variables',
    "pip install '.[app]'": 'test_app/test_page.py runs where the extra is installed',
    'mmgenprior app': 'serves until it is stopped: test_app/test_browser.py',
    'TMPDIR=/dev/shm mmgenprior app': 'serves until it is stopped: test_app/test_browser.py',
    'ssh': 'another machine',
    'NNODES=2': 'two machines at once: test_cli/test_many_machines.py',
    'GPUS=2': 'needs Slurm: test_cli/test_launch.py',
    'GPUS_PER_TASK=0': 'needs Slurm: test_cli/test_many_machines.py',
    'mmgenprior test csgm_toyfaces_sr4 --launcher ray': 'the extra: test_cli/test_workers.py',
    'ray start': 'another machine: test_cli/test_workers.py',
    'mim': 'the extra: test_mim.py',
    'mmgenprior test my_config.py': "the reader's own config: test_cli/test_module_prior.py",
    'mmgenprior tables iagan': 'half a minute an image and method: test_tables/test_tables.py',
    'mmgenprior tables --docs': 'changes the checkout: test_tables/test_tables.py',
    'cp OUT/': 'changes the checkout: test_tables/test_tables.py',
    'python tools/benchmark.py --device cuda': 'needs a GPU',
    'python tools/download.py pggan_celebahq_1024': 'hundreds of MB: test_cli/test_download.py',
}
# What a reader fills in.
FILLED = {
    'work_dirs/encoder_dcgan_toyfaces/iter_N.pth': 'work_dirs/encoder_dcgan_toyfaces/iter_2.pth',
    'work_dirs/.../scalars.json': '$(ls work_dirs/encoder_dcgan_toyfaces/*/vis_data/scalars.json)',
    'work_dirs/faces/iter_5000.pth': 'work_dirs/faces/iter_2.pth',
    '--lpips weights/alexnet_lpips.safetensors': '',
}
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
    'default_hooks.logger.interval=1',
]
TOOLS = {
    'test.py': RESTORING,
    'dist_test.sh': RESTORING,
    'mmgenprior test': RESTORING,
    'train.py': TRAINING,
}
RESTORED = [name for name, settings in TOOLS.items() if settings is RESTORING]
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
# Of the benchmark: the smallest case of each kind.
MEASURING = {
    'step-*': '--case step-dcgan64-csgm --quick',
    'quality-*': '--case quality-dcgan64-csgm --quick --images 1',
    'curves-*': '--case curves-dcgan64 --quick --images 1',
}
# Of `mmgenprior restore`, in Python too.
SHORT = {name: dict(iterations=2) for name in ('descent', 'features', 'adapted', 'sampled')}
REPAIRING = [f'stages.{name}.iterations=2' for name in SHORT]
# What a prior out of the registry is called.
OF_REGISTRY = 'digiface64'


def blocks(page, language):
    return re.findall(rf'^```{language}\n(.*?)^```', page.read_text(), re.MULTILINE | re.DOTALL)


@functools.cache
def shell_blocks():
    """Name of every block of commands → its commands, whole and without comments."""
    found = {}
    for page in PAGES:
        for number, block in enumerate(blocks(page, '(?:bash|sh)')):
            lines = re.sub(r'\\\n\s*', '', block).splitlines()
            lines = tuple(line.split(' #')[0].strip() for line in lines)
            lines = tuple(line for line in lines if line and not line.startswith('#'))
            if lines not in found.values():
                found[f'{page.stem}-{number + 1}'] = lines
    return found


def run_here():
    """Of every block what is run here."""
    for name, lines in shell_blocks().items():
        kept = [line for line in lines if not line.startswith(tuple(ELSEWHERE))]
        if kept:
            yield pytest.param(kept, id=name)


def tool_of(words):
    """Which of the tools above a command calls, or none."""
    if 'mmgenprior' in words and words[words.index('mmgenprior') + 1 :][:1] == ['test']:
        return 'mmgenprior test'
    return next((name for name in (Path(word).name for word in words) if name in TOOLS), '')


def short_settings(words):
    """The settings that keep a command short."""
    names = [Path(word).name for word in words]
    tool = tool_of(words)
    settings = TOOLS.get(tool, [])
    if settings is RESTORING:
        # A file, or the name of a config.
        config = next((n for n in names if n.endswith('.py') and n != tool), names[-1])
        settings = next((s for start, s in OTHERS.items() if config.startswith(start)), settings)
        settings = [*settings, *(['--fresh'] if '--share' not in words else [])]
        if config.startswith('iagan_celeba64') and 'measurement' not in config:
            settings = ['model.baselines.1.iterations=2', *settings]  # the deep image prior
    return [*settings, *(s for name in names for s in WITHOUT_WEIGHTS.get(name, []))]


def shortened(command, carried):
    """A command as it is run here: the wheel's tools and configs, and few iterations."""
    for written, filled in FILLED.items():
        command = command.replace(written, filled)
    words = [w for w in shlex.split(command) if not re.match('[A-Z_]+=', w)]
    if words[:2] == ['mmgenprior', 'restore']:
        more = ['--prior', 'dcgan_toyfaces', '--options', *REPAIRING]
    elif 'benchmark.py' in command and '--case' in words:
        more = MEASURING[words[words.index('--case') + 1]].split()
    else:
        # Of an option given twice the later one counts, so the short settings go last.
        more = short_settings(words)
        more = ['--cfg-options', *more] if more and '--cfg-options' not in words else more
    command = re.sub(r'(?<![\w/])(tools|configs)/', rf'{carried}/\1/', command)
    command, *target = command.split(' > ')
    return ' > '.join([' '.join([command, *map(shlex.quote, more)]), *target])


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


@pytest.fixture(scope='module')
def installed(source, tmp_path_factory) -> Installed:  # noqa: F811  (the fixture above)
    wheel = build(source, 'wheel', tmp_path_factory.mktemp('wheel'))
    return install(wheel, tmp_path_factory.mktemp('installed'))


@pytest.fixture
def as_reader(workplace, installed):
    """Run a command as somebody who installed the wheel: it ends well, and nothing of the clone."""
    environment = installed.environment | {
        'MGP_DATA_ROOT': str(workplace / 'data'),
        'MGP_PRIOR_ROOT': str(workplace / 'checkpoints'),
    }

    def run(words):
        done = subprocess.run(
            words, cwd=workplace, env=environment, capture_output=True, text=True, timeout=500
        )
        said = done.stdout[-2000:] + done.stderr[-2000:]
        if done.returncode and OF_REGISTRY in ' '.join(words) and 'registry' in said:
            pytest.skip('the package registry cannot be reached')
        assert done.returncode == 0, said
        # The environment of the packages may lie in the clone, and warns of what is in them.
        for part in ('mmgenprior', 'configs', 'tools'):
            assert str(ROOT / part) not in done.stdout + done.stderr

    return run


def test_what_is_not_run_here_is_in_a_page_and_tested_where_it_says():
    written = [line for lines in shell_blocks().values() for line in lines]
    for start, why in ELSEWHERE.items():
        assert any(line.startswith(start) for line in written), f'no page has {start!r}'
        for file in re.findall(r'[\w/]+\.py', why):
            assert (ROOT / 'tests' / file).is_file(), f'{start!r}: no {file}'


def test_every_command_that_is_run_here_is_known():
    for (lines,) in (block.values for block in run_here()):
        for line in lines:
            words = [w for w in shlex.split(line) if not re.match('[A-Z_]+=', w)]
            assert words[0] in {'bash', 'python', 'mmgenprior'}, f'no test runs {line!r}'
            script = next((w for w in words[1:] if w.startswith('tools/')), None)
            assert words[0] == 'mmgenprior' or (ROOT / script).is_file(), line


@pytest.mark.slow
@pytest.mark.parametrize('lines', run_here())
def test_commands_run_from_a_wheel(lines, workplace, installed, as_reader):
    for line in lines:
        as_reader(['bash', '-euc', shortened(line, installed.carried)])
        if tool_of(shlex.split(line)) in RESTORED:
            assert list((workplace / 'work_dirs').glob('*/metrics.json'))


# What shortens the README's restorations, of a photo that is there.
PRELUDE = f"""
import functools
import mmgenprior
short = dict(prior='dcgan_toyfaces', options=dict(stages={SHORT!r}))
mmgenprior.restore = functools.partial(mmgenprior.restore, **short)
"""


@pytest.mark.slow
@pytest.mark.parametrize('page', [p for p in PAGES if blocks(p, 'python')], ids=lambda p: p.name)
def test_python_examples_run_from_a_wheel(page, as_reader):
    text = (PRELUDE if page.name == 'README.md' else '') + '\n'.join(blocks(page, 'python'))
    as_reader(['python', '-c', text])


@pytest.mark.parametrize('page', [p for p in PAGES if blocks(p, 'python')], ids=lambda p: p.name)
def test_python_examples_run(page, workplace, monkeypatch):
    names = {'__name__': f'example_{page.stem}'}
    if page.name == 'README.md':  # its photo lies there; shortened as the commands are
        monkeypatch.chdir(workplace)
        import mmgenprior

        monkeypatch.setattr(mmgenprior, 'restore', mmgenprior.restore, raising=False)
        exec(PRELUDE, {})
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
