"""One process of a run: its threads and its place among the others.

Results must not depend on the number of processes. The rounding of a convolution depends on the
number of threads that share it, so every process uses the number that a single one would use.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import MutableMapping

from mmgenprior.utils.errors import UserError


def free_threads(environ: MutableMapping[str, str] = os.environ) -> None:
    """Undo the launcher's own choice of threads; call it before torch is imported.

    ``torchrun`` sets ``OMP_NUM_THREADS=1`` where the variable is absent. ``MGP_NUM_THREADS``
    says what you want instead, for one process or many; ``dist_test.sh`` and ``dist_train.sh``
    set it from your own ``OMP_NUM_THREADS``.

    Args:
        environ: The environment of the process, changed in place.
    """
    wanted = environ.get('MGP_NUM_THREADS')
    if wanted:
        if not wanted.isdigit() or int(wanted) < 1:
            raise UserError(f"MGP_NUM_THREADS must be a positive number, not '{wanted}'")
        environ['OMP_NUM_THREADS'] = environ['MKL_NUM_THREADS'] = wanted
    elif 'TORCHELASTIC_RUN_ID' in environ and environ.get('OMP_NUM_THREADS') == '1':
        del environ['OMP_NUM_THREADS']
        # Processes that together have more threads than the machine has cores must not spin.
        environ.setdefault('OMP_WAIT_POLICY', 'passive')


def process_variables(launcher: str, environ: MutableMapping[str, str] = os.environ) -> None:
    """Name this process the way torch.distributed reads it.

    Args:
        launcher: ``'pytorch'``, ``'slurm'`` or ``'mpi'``.
        environ: The environment of the process, changed in place.

    Raises:
        UserError: If the launcher did not start this process.
    """
    names = {
        'pytorch': dict(RANK='RANK', WORLD_SIZE='WORLD_SIZE'),
        'slurm': dict(RANK='SLURM_PROCID', WORLD_SIZE='SLURM_NTASKS', LOCAL_RANK='SLURM_LOCALID'),
        'mpi': dict(
            RANK='OMPI_COMM_WORLD_RANK',
            WORLD_SIZE='OMPI_COMM_WORLD_SIZE',
            LOCAL_RANK='OMPI_COMM_WORLD_LOCAL_RANK',
        ),
    }[launcher]
    absent = [source for source in names.values() if source not in environ]
    if absent:
        raise UserError(
            f"--launcher {launcher}: '{absent[0]}' is not set, so {launcher} did not start this "
            f'process; use tools/dist_test.sh or tools/slurm_test.sh, or leave --launcher out'
        )
    environ.update({name: environ[source] for name, source in names.items()})
    if launcher == 'slurm' and 'MASTER_ADDR' not in environ:
        command = ['scontrol', 'show', 'hostnames', environ['SLURM_NODELIST']]
        hosts = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        environ['MASTER_ADDR'] = hosts.split()[0]
    environ.setdefault('MASTER_ADDR', '127.0.0.1')
    environ.setdefault('MASTER_PORT', '29500')


def join_processes(launcher: str) -> None:
    """Fix the thread count and, without CUDA, open the process group before the Runner does.

    Once is enough for all Runners of a process.

    MMEngine selects a CUDA device whatever the backend is, which fails on a machine that has none.

    Args:
        launcher: ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``.
    """
    if launcher == 'none':
        return
    import torch

    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return  # a run before this one has joined them
    process_variables(launcher)
    # MMEngine sets absent variables to 1, and MKL may read them late.
    threads = torch.get_num_threads()
    torch.set_num_threads(threads)
    os.environ.setdefault('OMP_NUM_THREADS', str(threads))
    os.environ.setdefault('MKL_NUM_THREADS', str(threads))
    if not torch.cuda.is_available():
        torch.distributed.init_process_group('gloo')


def leave_processes() -> None:
    """Close the process group, if one is open."""
    import torch

    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
