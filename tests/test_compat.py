"""Adaptations to the stack: each does its work, and nothing where nothing is missing."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mmgenprior.utils.errors import CheckpointError

ROOT = Path(__file__).resolve().parents[1]


def python(code: str, *path: Path, fails: bool = False) -> str:
    """Run code in a fresh interpreter, with folders ahead of the installed packages."""
    head = f'import sys\nsys.path[:0] = {[*map(str, path), str(ROOT)]!r}\n'
    command = [sys.executable, '-W', 'ignore', '-c', head + textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def package(folder: Path, **modules: str) -> None:
    """Write modules, dotted names with '__' for '.', into a folder."""
    for name, text in modules.items():
        *parents, last = name.split('__')
        target = folder.joinpath(*parents)
        target.mkdir(parents=True, exist_ok=True)
        for depth in range(len(parents)):
            (folder.joinpath(*parents[: depth + 1]) / '__init__.py').touch()
        (target / f'{last}.py').write_text(text)


def test_import_is_cheap_and_install_idempotent():
    out = python("""
        before = set(sys.modules)
        import mmgenprior
        heavy = {'torch', 'numpy', 'mmengine', 'mmcv', 'mmagic', 'deepinv'}
        assert not heavy & (set(sys.modules) - before)
        finders = list(sys.meta_path)
        mmgenprior.compat.install()
        assert sys.meta_path == finders
        assert isinstance(finders[0], mmgenprior.compat.RepairAfterImport)
        assert isinstance(finders[-1], mmgenprior.compat.AbsentModules)
        print('done')
    """)
    assert 'done' in out


def test_a_real_ext_wins(tmp_path):
    package(tmp_path, mmcv___ext="def nms(*args):\n    return 'compiled'\n")
    out = python(
        """
        import mmgenprior, mmcv._ext
        print(mmcv._ext.nms(), hasattr(mmcv._ext, 'upfirdn2d'), mmgenprior.compat._ext_is_absent())
        """,
        tmp_path,
    )
    assert out.split() == ['compiled', 'False', 'False']


def test_a_broken_ext_is_not_hidden(tmp_path):
    package(tmp_path, mmcv___ext="raise ImportError('undefined symbol: x')\n")
    out = python('import mmgenprior, mmcv._ext', tmp_path, fails=True)
    assert 'undefined symbol: x' in out


def test_real_ops_are_left_alone(tmp_path):
    """With compiled ops in place, mmcv's CUDA paths stay mmcv's."""
    package(
        tmp_path,
        mmcv___ext='',
        mmcv__ops__upfirdn2d="from mmcv import _ext\n_upfirdn2d_cuda = 'kernel'\n",
        mmcv__ops__fused_bias_leakyrelu=(
            "from mmcv import _ext\nFusedBiasLeakyReLUFunction = 'kernel'\n"
        ),
    )
    out = python(
        """
        import mmgenprior
        from mmcv.ops import fused_bias_leakyrelu, upfirdn2d
        print(upfirdn2d._upfirdn2d_cuda, fused_bias_leakyrelu.FusedBiasLeakyReLUFunction)
        """,
        tmp_path,
    )
    assert out.split() == ['kernel', 'kernel']


def test_absent_op_names_itself_and_the_way_to_get_it(tmp_path):
    package(tmp_path, mmcv__other='')
    out = python(
        """
        import mmgenprior
        from mmcv import _ext
        assert callable(_ext.deform_conv_forward)
        print(_ext.get_compiler_version())
        _ext.deform_conv_forward(1, key=2)
        """,
        tmp_path,
        fails=True,
    )
    last = out.strip().splitlines()[-1]
    assert 'MissingOpError' in last and "'deform_conv_forward'" in last and 'full mmcv' in last
    assert 'n/a' in out


def test_renamed_module_only_where_the_old_name_is_gone(tmp_path):
    package(tmp_path / 'new', diffusers__models__unets__unet_2d_condition='UNet = 1\n')
    package(tmp_path / 'old', diffusers__models__unet_2d_condition='UNet = 0\n')
    code = """
        import mmgenprior
        from diffusers.models.unet_2d_condition import UNet
        print(UNet)
    """
    assert python(code, tmp_path / 'new').split() == ['1']
    assert python(code, tmp_path / 'old').split() == ['0']
    package(tmp_path / 'neither', diffusers__models__x='')
    assert 'ModuleNotFoundError' in python(code, tmp_path / 'neither', fails=True)


def test_numpy_alias():
    import numpy as np

    assert python('import mmgenprior, numpy; print(numpy.bool8 is numpy.bool_)').strip() == 'True'
    assert np.bool8 is np.bool_


def test_a_module_loaded_before_is_repaired_too():
    out = python('import numpy, mmgenprior; print(numpy.bool8 is numpy.bool_)')
    assert out.strip() == 'True'


CUDA_FORMS = """
    import mmgenprior, mmcv._ext
    if not mmgenprior.compat._ext_is_absent():
        print('a full mmcv is installed')
        sys.exit()
    import torch
    import mmcv.ops
    from contextlib import nullcontext
    from torch._subclasses.fake_tensor import FakeTensorMode
    from mmcv.ops import bias_act, filtered_lrelu, fused_bias_leakyrelu, upfirdn2d

    up = sys.modules['mmcv.ops.upfirdn2d']
    act = sys.modules['mmcv.ops.bias_act']
    lrelu = sys.modules['mmcv.ops.fused_bias_leakyrelu']
    filtered = sys.modules['mmcv.ops.filtered_lrelu']

    torch.manual_seed(0)
    x, b, f = torch.randn(2, 3, 8, 8), torch.randn(3), torch.rand(4)

    # What the CUDA branch would call equals mmcv's CPU branch.
    how = dict(up=2, down=1, padding=[2, 1, 2, 1], flip_filter=False, gain=4)
    assert torch.equal(up._upfirdn2d_cuda(**how).apply(x, f), upfirdn2d(x, f, **how))
    how = dict(dim=1, act='lrelu', alpha=0.1, gain=1.5, clamp=0.7)
    assert torch.equal(act._bias_act_cuda(**how).apply(x, b), bias_act(x, b, **how))
    assert torch.equal(
        lrelu.FusedBiasLeakyReLUFunction.apply(x, b, 0.1, 1.5), fused_bias_leakyrelu(x, b, 0.1, 1.5)
    )
    how = dict(up=2, down=2, padding=3, gain=1.5, slope=0.1, clamp=0.9, flip_filter=True)
    assert torch.equal(
        filtered._filtered_lrelu_cuda(**how).apply(x, f, f, b, None, 0, 0),
        filtered_lrelu(x, f, f, b, **how),
    )

    # Gradients of any order pass through it.
    z, c = x.clone().requires_grad_(), b.clone().requires_grad_()
    y = lrelu.FusedBiasLeakyReLUFunction.apply(z, c, 0.1, 1.5).square().sum()
    (g,) = torch.autograd.grad(y, z, create_graph=True)
    g.square().sum().backward()
    assert z.grad.abs().sum() > 0 and c.grad.abs().sum() > 0

    # And the CUDA branch is taken and passes; since torch 2.6 a fake tensor needs no driver.
    old = mmgenprior.compat._release(torch.__version__) < (2, 6)
    with nullcontext() if old else FakeTensorMode():
        device = 'cpu' if old else 'cuda'
        x = torch.empty(2, 3, 8, 8, device=device)
        b = torch.empty(3, device=device)
        f = torch.empty(4, device=device)
        w = torch.empty(3, 2, 3, 3, device=device)
        y = upfirdn2d(x, f, up=2, padding=[2, 1, 2, 1])
        y = filtered_lrelu(bias_act(y, b, act='lrelu'), f, f, b, up=2, down=2, padding=3)
        y = mmcv.ops.conv_transpose2d(fused_bias_leakyrelu(y, b), w, stride=2)
        assert y.device.type == device and y.shape == (2, 2, 33, 33), y.shape
    print('done')
"""


def test_stylegan_ops_without_compiled_ops():
    out = python(CUDA_FORMS)
    if 'a full mmcv is installed' in out:
        pytest.skip('a full mmcv is installed')
    assert 'done' in out


# --- checkpoints -------------------------------------------------------------------


@pytest.fixture(scope='module')
def torch():
    """torch, where checkpoints load with weights_only=True by default."""
    torch = pytest.importorskip('torch')
    if tuple(int(p) for p in torch.__version__.split('.')[:2]) < (2, 6):
        pytest.skip('torch before 2.6 cannot register a global under another name')
    return torch


def runner_checkpoint(torch) -> dict:
    """What the Runner stores besides weights: a message hub with histories, NumPy scalars."""
    import numpy as np
    from mmengine.logging import MessageHub

    hub = MessageHub.get_instance('test_compat')
    for value in (3.0, 1.0, 2.0):
        hub.update_scalar('train/loss', value)
    hub.update_info('cfg', 'text')
    return dict(
        meta=dict(epoch=1, seed=np.int64(3), score=np.float32(0.5)),
        state_dict=dict(w=torch.ones(2)),
        message_hub=hub.state_dict(),
        array=np.arange(3),
    )


@pytest.mark.parametrize('old_names', [False, True], ids=['this numpy', 'numpy 1'])
def test_runner_checkpoint_loads(torch, tmp_path, old_names):
    from mmengine.runner import load_checkpoint
    from mmengine.runner.checkpoint import CheckpointLoader

    import mmgenprior  # noqa: F401

    path = tmp_path / 'epoch_1.pth'
    torch.save(runner_checkpoint(torch), path)
    if old_names:
        import zipfile

        # A protocol 2 pickle names a global in lines of text, so that a name may change its length.
        with zipfile.ZipFile(path) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        data = next(name for name in entries if name.endswith('data.pkl'))
        assert b'numpy._core' in entries[data]
        entries[data] = entries[data].replace(b'numpy._core', b'numpy.core')
        with zipfile.ZipFile(path, 'w', zipfile.ZIP_STORED) as archive:
            for name, content in entries.items():
                archive.writestr(name, content)
    loaded = CheckpointLoader.load_checkpoint(str(path))
    assert loaded['meta']['seed'] == 3 and loaded['array'].tolist() == [0, 1, 2]
    history = loaded['message_hub']['log_scalars']['train/loss']
    assert history.min() == 1.0 and history.current() == 2.0
    assert history.statistics('mean') == 2.0
    model = torch.nn.Linear(1, 1)
    load_checkpoint(model, str(path))


class Call:
    """Pickles as the call of a function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def hostile_objects():
    import os

    from mmengine.logging import HistoryBuffer

    return {
        'system': Call(os.system, 'true'),
        'eval': Call(eval, '1'),
        'exec through getattr': Call(getattr, Call(__import__, 'os'), 'system'),
        'globals of a method': Call(getattr, HistoryBuffer.min, '__globals__'),
        'private of a class': Call(getattr, HistoryBuffer, '__init__'),
        'registering a method': Call(getattr, HistoryBuffer, 'register_statistics'),
    }


@pytest.mark.parametrize('name', list(hostile_objects()))
def test_hostile_checkpoint_is_refused(torch, tmp_path, name):
    from mmengine.runner.checkpoint import CheckpointLoader, load_from_local

    import mmgenprior  # noqa: F401

    path = tmp_path / 'hostile.pth'
    torch.save(dict(state_dict={}, meta=hostile_objects()[name]), path)
    # By the framework's own loader, and by ours, which takes its place with the components.
    with pytest.raises((pickle.UnpicklingError, CheckpointError)):
        CheckpointLoader.load_checkpoint(str(path))
    with pytest.raises(pickle.UnpicklingError):
        load_from_local(str(path), map_location='cpu')


# --- MMagic ------------------------------------------------------------------------


@pytest.mark.slow
def test_mmagic_parts_work():
    """DCGAN's discriminator initialises; FID's matrix root has the shape that FID unpacks."""
    out = python("""
        import mmgenprior, torch, numpy as np
        from mmagic.models.editors.dcgan import DCGANDiscriminator
        from mmagic.evaluation.metrics.fid import FrechetInceptionDistance
        from mmengine.model import BaseModel

        class Model(BaseModel):
            def __init__(self):
                super().__init__()
                self.d = DCGANDiscriminator(64, 4, 1)
            def forward(self, inputs, data_samples=None, mode='tensor'):
                return inputs

        torch.manual_seed(0)
        model = Model()
        model.init_weights()
        convs = [m for m in model.d.modules() if isinstance(m, torch.nn.Conv2d)]
        assert all(abs(c.weight.std().item() - 0.02) < 2e-3 for c in convs)

        cov = np.diag([1.0, 4.0])
        fid = FrechetInceptionDistance._calc_fid(np.zeros(2), cov, np.ones(2), cov)
        assert np.allclose(fid, (2.0, 2.0, 0.0))
        print('done')
    """)
    assert 'done' in out


@pytest.mark.slow
@pytest.mark.parametrize('order', ['before', 'after', 'after a failure'])
def test_mmagic_apis_import_on_this_stack(order):
    """MMagic's inferencers, whoever comes first; beside NumPy 2 it fails without this package."""
    import numpy as np

    first = {
        'before': '',
        'after': 'import mmagic, mmengine.config, mmengine.runner',
        'after a failure': (
            'try:\n'
            '    import mmagic.models\n'
            'except AttributeError as error:\n'
            "    print('failed:', error)"
        ),
    }[order]
    out = python(
        f"""
{first}
import mmgenprior
import mmagic.apis, mmagic.models, mmagic.datasets, mmagic.evaluation
from controlnet_aux import HEDdetector, MediapipeFaceDetector
print(mmagic.apis.MMagicInferencer.__name__, HEDdetector.__name__)
import mediapipe
if not hasattr(mediapipe, 'solutions'):
    try:
        MediapipeFaceDetector()
    except ImportError as error:
        print(error)
else:
    print('pip install: not needed')
"""
    )
    assert 'MMagicInferencer HEDdetector' in out and 'pip install' in out.splitlines()[-1]
    if order == 'after a failure' and int(np.__version__.split('.')[0]) >= 2:
        assert 'bool8' in out


def test_stack_that_cannot_work_is_named(monkeypatch):
    import importlib.metadata

    from mmgenprior import compat

    versions = dict(torch='2.2.2+cu121', diffusers='0.41.0', transformers='4.57.6')
    monkeypatch.setattr(importlib.metadata, 'version', versions.__getitem__)
    with pytest.raises(ImportError, match=r"pip install 'diffusers<0\.35'"):
        compat.check_stack()
    versions['diffusers'] = '0.34.0'
    compat.check_stack()
    versions.update(torch='2.10.0', diffusers='0.42.1')
    compat.check_stack()
