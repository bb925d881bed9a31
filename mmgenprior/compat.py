"""The only module that adapts to the installed stack.

:func:`install` runs on ``import mmgenprior``. It imports nothing: it appends a
finder for modules that stock MMagic asks for and the stack no longer has, and
prepends one that only watches for a few modules and repairs each of them right
after it was loaded. Repairs therefore hold on every import path (a config's
``custom_imports``, a test, a user's script), and a module that is never loaded
costs nothing. A repair whose fault is absent changes nothing.

===========================  ====================================================
module                       repair
===========================  ====================================================
``numpy``                    alias ``bool8`` (gone in NumPy 2)
``torch``                    torch < 2.3: ``torch.amp.GradScaler``, which deepinv imports
``diffusers`` (two names)    modules that moved, served under their old name
``mmcv._ext``                with mmcv-lite: every compiled op raises by name
``mmcv.ops`` (four modules)  with mmcv-lite on CUDA: mmcv's own PyTorch reference
``mmcv.ops.conv2d_gradfix``  torch's own convolution: its gradient needs an op torch dropped
``mmengine`` checkpoints     torch >= 2.6: Runner checkpoints load with
                             ``weights_only=True``; nothing else becomes loadable
``mmengine`` averages        an average with buffers stays behind when its model goes to a GPU
``mmengine.config``          told of every environment variable by a logger that needs torch
``mmengine`` configs         ``mmgenprior::NAME``, and ``mmagic::NAME`` without
                             ``pkg_resources`` (:mod:`mmgenprior.config_lookup`)
``controlnet_aux``           ``mmagic.apis`` imports it whole: without the parts that
                             mediapipe dropped, its face detector says so when used
MMagic's FID                 SciPy >= 1.18: ``sqrtm`` lost its ``disp`` argument
MMagic's DCGANDiscriminator  ``init_weights`` raises ``UnboundLocalError``
===========================  ====================================================

Import this package before or after MMagic: what is loaded already is repaired on the spot. Only an
import that fails without a repair, as ``mmagic.models`` does beside NumPy 2, has to come after it,
or once more.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import os
import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from mmgenprior.config_lookup import repair_config, repair_hub, repair_package_lookup
from mmgenprior.import_hooks import Execute, followed_spec

EXT = 'mmcv._ext'
# MMagic 1.2 was written against diffusers 0.23; these two modules have moved since.
RENAMED = {
    'diffusers.models.unet_2d_condition': 'diffusers.models.unets.unet_2d_condition',
    'diffusers.pipelines.paint_by_example': 'diffusers.pipelines.deprecated.paint_by_example',
}


class MissingOpError(NotImplementedError):
    """A compiled mmcv op was called and the installed mmcv has none."""


def _release(version: str) -> tuple[int, int]:
    major, minor = re.match(r'(\d+)\.(\d+)', version).groups()
    return int(major), int(minor)


def check_stack() -> None:
    """Refuse in one line the one combination that no adaptation reaches.

    MMagic imports diffusers and transformers, and their current releases need torch 2.6; their
    metadata does not say so, so no installer notices.

    Raises:
        ImportError: If torch is older and one of the two is too new for it.
    """

    def release(name: str) -> tuple[int, int]:
        return _release(importlib.metadata.version(name))

    if release('torch') >= (2, 6):
        return
    if release('diffusers') >= (0, 35) or release('transformers') >= (5, 0):
        raise ImportError(
            f'torch {importlib.metadata.version("torch")} needs older diffusers and transformers: '
            f"pip install 'diffusers<0.35' 'transformers<5' (or install with the extra 'old-torch')"
        )


# --- modules that are absent -------------------------------------------------------


class AbsentModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Last finder of ``sys.meta_path``: asked only when every other one found nothing."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None):
        """Serve ``mmcv._ext`` and the renamed diffusers modules, nothing else."""
        if fullname != EXT and not (
            fullname in RENAMED and importlib.util.find_spec(RENAMED[fullname])
        ):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin='mmgenprior.compat')

    def create_module(self, spec):
        """Leave the creation of the module object to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        """Give the module a ``__getattr__`` that makes or forwards its names."""
        if module.__name__ == EXT:
            module.__getattr__ = _missing_op
            # mmcv's environment report calls these two and wants a string.
            module.get_compiler_version = lambda: 'n/a'
            module.get_compiling_cuda_version = lambda: 'n/a'
        else:
            moved = importlib.import_module(RENAMED[module.__name__])
            module.__getattr__ = lambda name: getattr(moved, name)


def _missing_op(name: str) -> Callable:
    if name.startswith('__'):
        raise AttributeError(f'module {EXT!r} has no attribute {name!r}')

    def op(*args, **kwargs):
        raise MissingOpError(
            f"mmcv was installed without compiled ops and '{name}' was called: install a full mmcv "
            f'(>= 2.0, < 2.2) built for this torch in place of mmcv-lite, or use the PyTorch form '
            f'of the layer that needs it'
        )

    op.__name__ = name
    return op


# --- modules that need a repair ----------------------------------------------------


def _ext_is_absent() -> bool:
    ext = sys.modules.get(EXT)
    return ext is not None and isinstance(ext.__spec__.loader, AbsentModules)


def _repair_numpy(numpy: ModuleType) -> None:
    # NumPy 1.26 still has bool8, behind a deprecation warning that must not be triggered here.
    if int(numpy.__version__.split('.')[0]) >= 2 and not hasattr(numpy, 'bool8'):
        numpy.bool8 = numpy.bool_


def _repair_torch(torch: ModuleType) -> None:
    if hasattr(torch.amp, 'GradScaler'):
        return

    class GradScaler(torch.cuda.amp.GradScaler):
        """``torch.cuda.amp.GradScaler`` with the device argument of torch >= 2.3."""

        def __init__(self, device: str = 'cuda', *args, **kwargs):
            if device != 'cuda':
                raise ValueError('torch < 2.3 scales gradients on CUDA only')
            super().__init__(*args, **kwargs)

    torch.amp.GradScaler = GradScaler


def _as_function(function: Callable, **fixed) -> SimpleNamespace:
    """An object with the ``apply`` of an autograd Function that calls ``function``."""
    return SimpleNamespace(apply=lambda *tensors: function(*tensors, **fixed))


def _repair_upfirdn2d(module: ModuleType) -> None:
    if _ext_is_absent():
        module._upfirdn2d_cuda = lambda **kw: _as_function(module._upfirdn2d_ref, **kw)


def _repair_bias_act(module: ModuleType) -> None:
    if _ext_is_absent():
        module._bias_act_cuda = lambda **kw: _as_function(module._bias_act_ref, **kw)


def _repair_fused_bias_leakyrelu(module: ModuleType) -> None:
    if _ext_is_absent():
        module.FusedBiasLeakyReLUFunction = _as_function(module.bias_leakyrelu_ref)


def _repair_filtered_lrelu(module: ModuleType) -> None:
    if _ext_is_absent():
        # The last three arguments (sign tensor and its offset) belong to the kernel's own backward.
        module._filtered_lrelu_cuda = lambda **kw: _as_function(
            lambda x, up, down, bias, *_: module._filtered_lrelu_ref(x, up, down, bias, **kw)
        )


def _repair_conv2d_gradfix(module: ModuleType) -> None:
    import torch

    # Its weight gradient calls an operator that torch dropped in 1.11, compiled ops or not;
    # disabled, it uses torch's own convolution, which has gradients of any order.
    if not hasattr(torch.ops.aten, 'cudnn_convolution_transpose_backward_weight'):
        module.enabled = False


def _repair_checkpoints(module: ModuleType) -> None:
    allow_runner_checkpoints()


def allow_runner_checkpoints() -> None:
    """Let ``torch.load(weights_only=True)`` read the checkpoints MMEngine's Runner writes.

    They hold ``HistoryBuffer`` objects and NumPy scalars. torch < 2.6 is left alone: it cannot
    register a global under another name, and plain state dicts need none of this.
    """
    import numpy
    import torch
    from mmengine.logging.history_buffer import HistoryBuffer

    if _release(torch.__version__) < (2, 6):
        return

    def history_buffer_getattr(owner: Any, name: str) -> Callable:
        """Stand-in for ``getattr``: a pickled HistoryBuffer names four of its own methods."""
        if owner is HistoryBuffer and name in ('min', 'max', 'mean', 'current'):
            return getattr(owner, name)
        raise pickle.UnpicklingError(f'refused GLOBAL builtins.getattr of {owner!r}, {name!r}')

    core = numpy._core if hasattr(numpy, '_core') else numpy.core
    allowed: list[Any] = [
        HistoryBuffer,
        numpy.ndarray,
        numpy.dtype,
        *(getattr(numpy.dtypes, name) for name in numpy.dtypes.__all__),
        (history_buffer_getattr, 'builtins.getattr'),
    ]
    # A file names the package of the NumPy that wrote it: `core` before 2.0, `_core` since.
    for package in ('numpy.core', 'numpy._core'):
        for name in ('_reconstruct', 'scalar'):
            allowed.append((getattr(core.multiarray, name), f'{package}.multiarray.{name}'))
    torch.serialization.add_safe_globals(allowed)


def _repair_averages(module: ModuleType) -> None:
    average = module.BaseAveragedModel
    stock = average.update_parameters

    def update_parameters(self, model: Any) -> None:
        if self.update_buffers:
            # The stock one keeps the tensors of its first device: `.to('cuda')` leaves them behind.
            self.avg_parameters = self.module.state_dict()
        stock(self, model)

    update_parameters.__doc__ = stock.__doc__
    average.update_parameters = update_parameters


def _repair_config(module: ModuleType) -> None:
    # The line is in every run's config.py, and the check of a config must not import torch for it.
    module.print_log = lambda *_, **__: None
    repair_config(module)


def _repair_fid(module: ModuleType) -> None:
    import inspect

    linalg = module.linalg
    if 'disp' in inspect.signature(linalg.sqrtm).parameters:
        return

    def sqrtm(matrix, disp=True):
        root = linalg.sqrtm(matrix)
        # With disp=False the old form also returned an error estimate, which MMagic discards.
        return root if disp else (root, None)

    module.linalg = SimpleNamespace(sqrtm=sqrtm)


def _repair_dcgan_discriminator(module: ModuleType) -> None:
    from torch import nn

    cls = module.DCGANDiscriminator
    stock = cls.init_weights
    known = (nn.Conv2d, nn.ConvTranspose2d, module._BatchNorm)

    def init_weights(self) -> None:
        if self.init_cfg is not None and self.init_cfg['type'] == 'Pretrained':
            return stock(self)
        # MMagic's loop fails at a layer that is neither; show it only those it initialises.
        layers = [m for m in self.modules() if isinstance(m, known)]
        return stock(SimpleNamespace(init_cfg=None, modules=lambda: layers))

    init_weights.__doc__ = stock.__doc__
    cls.init_weights = init_weights


def _without_mediapipe_face(module: ModuleType) -> bool:
    """Stand in for the face detector of controlnet_aux if mediapipe has nothing to make it of."""
    spec = importlib.util.find_spec('mediapipe')
    if spec is None or spec.origin is None:
        return False  # it copes, and warns
    if Path(spec.origin).with_name('python').joinpath('solutions').is_dir():
        return False

    class MediapipeFaceDetector:
        """Says what is missing."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            raise ImportError(
                'the installed mediapipe has no face mesh for controlnet_aux any more: '
                "pip install 'mediapipe<0.10.22'"
            )

    module.MediapipeFaceDetector = MediapipeFaceDetector
    return True


# Modules that cannot be executed: what is put in their place, and says whether it was.
STAND_INS: dict[str, Callable[[ModuleType], bool]] = {
    'controlnet_aux.mediapipe_face': _without_mediapipe_face,
}
REPAIRS: dict[str, Callable[[ModuleType], None]] = {
    'numpy': _repair_numpy,
    'torch': _repair_torch,
    'mmcv.ops.upfirdn2d': _repair_upfirdn2d,
    'mmcv.ops.bias_act': _repair_bias_act,
    'mmcv.ops.fused_bias_leakyrelu': _repair_fused_bias_leakyrelu,
    'mmcv.ops.filtered_lrelu': _repair_filtered_lrelu,
    'mmcv.ops.conv2d_gradfix': _repair_conv2d_gradfix,
    'mmengine.utils.package_utils': repair_package_lookup,
    'mmengine.config.config': _repair_config,
    'mmengine.hub.hub': repair_hub,
    'mmengine.runner.checkpoint': _repair_checkpoints,
    'mmengine.model.averaged_model': _repair_averages,
    'mmagic.evaluation.metrics.fid': _repair_fid,
    'mmagic.models.editors.dcgan.dcgan_discriminator': _repair_dcgan_discriminator,
}


class RepairAfterImport(importlib.abc.MetaPathFinder):
    """First finder of ``sys.meta_path``: finds nothing itself, follows up what others find."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None):
        """Return the spec of the next finders with the repair behind its ``exec_module``."""
        repair, stand_in = REPAIRS.get(fullname), STAND_INS.get(fullname)
        if repair is None and stand_in is None:
            return None

        def repaired(execute: Execute) -> Execute:
            def execute_and_repair(module: ModuleType) -> None:
                if stand_in is None or not stand_in(module):
                    execute(module)
                if repair is not None:
                    repair(module)

            return execute_and_repair

        return followed_spec(self, fullname, path, target, repaired)


def install() -> None:
    """Arrange every adaptation; idempotent, cheap, imports no third-party package."""
    if any(isinstance(finder, RepairAfterImport) for finder in sys.meta_path):
        return
    # albumentations, which MMagic imports, asks the network for its newest version on import.
    os.environ.setdefault('NO_ALBUMENTATIONS_UPDATE', '1')
    sys.meta_path.insert(0, RepairAfterImport())
    sys.meta_path.append(AbsentModules())
    for name, repair in REPAIRS.items():
        # A module that is there already has no second chance.
        if name in sys.modules:
            repair(sys.modules[name])
