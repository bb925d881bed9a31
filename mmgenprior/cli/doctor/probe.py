"""A process of its own that imports what may be broken, and tells line by line what happened.

``python probe.py`` prints a JSON object for each thing, so that what came before a crash is known.
It must not import this package, which adapts what it looks at.
"""

from __future__ import annotations

import importlib
import json
import sys
import time

MODULES = ('numpy', 'PIL', 'cv2', 'torch', 'torchvision', 'mmengine', 'mmcv')


def tell(**what: object) -> None:
    """Print one finding."""
    print(json.dumps(what), flush=True)


def try_import(name: str) -> object:
    """The module, or None; says which."""
    tell(trying=name)
    began = time.perf_counter()
    try:
        module = importlib.import_module(name)
    except BaseException as error:  # whatever a broken package does, SystemExit included
        tell(module=name, error=f'{type(error).__name__}: {error}'[:400])
        return None
    tell(module=name, seconds=round(time.perf_counter() - began, 2))
    return module


def devices(torch: object) -> None:
    """Accelerators that torch sees."""
    tell(threads=torch.get_num_threads(), cuda_build=torch.version.cuda)
    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(number)
            tell(device=torch.cuda.get_device_name(number), free=free, total=total)
    mps = getattr(torch.backends, 'mps', None)
    if mps is not None and mps.is_available():
        tell(device='Apple MPS', free=None, total=None)


def main() -> None:
    """Look at everything."""
    found = {name: try_import(name) for name in MODULES}
    if found['torch'] is not None:
        try:
            devices(found['torch'])
        except Exception as error:
            tell(module='torch.cuda', error=f'{type(error).__name__}: {error}'[:400])
    if found['mmcv'] is not None:
        try:
            importlib.import_module('mmcv._ext')
            tell(ops='full')
        except ModuleNotFoundError:
            tell(ops='lite')
        except BaseException as error:
            tell(ops='broken', error=f'{type(error).__name__}: {error}'[:400])
    tell(done=True)


if __name__ == '__main__':
    sys.path.pop(0)  # the folder of this file
    main()
