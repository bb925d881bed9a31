"""Makes the clone's own environment, .venv, with everything installed; standard library only.

A stamp holds what the installation depends on, so that a second call returns at once. A lock makes
a second caller wait for the first. Exits with 1 and one line that says what to do on failure.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / '.venv'
PYTHON = VENV / 'bin' / 'python'
STAMP = VENV / '.installed'
LOCK = VENV / '.setup.lock'  # not '.lock': uv holds that one while it installs
INPUTS = ('setup.py', 'pyproject.toml', 'mmgenprior/requirements.py', 'tools/_environment.py')
GIGABYTES = 8  # torch with its CUDA libraries, and the rest


def say(line):
    print(line, file=sys.stderr, flush=True)


def fingerprint():
    """Hash of all that decides what is installed."""
    digest = hashlib.sha256(sys.version.encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def call(*command):
    """Run a command; return its exit status and the end of what it said."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors='replace',
    )
    return done.returncode, done.stdout[-6000:]


def reason(output):
    """The likely cause of a failed installation, from what the installer said."""
    if re.search(r'No space left|not enough (?:free )?(?:disk )?space|Disk quota', output, re.I):
        return f'the disk is full; about {GIGABYTES} GB are needed in the clone'
    network = (
        r'resolve|Connection|network|timed out|timeout|unreachable|Failed to fetch|certificate'
    )
    if re.search(network, output, re.I):
        return 'the package registry was not reached; check the network or proxy'
    return 'see above'


def fail(what, output):
    for line in output.strip().splitlines()[-15:]:
        say(f'    {line}')
    sys.exit(f'error: {what}: {reason(output)}')


def usable():
    """Whether .venv works and was made with this version of Python."""
    look = 'import sys, pip; print(*sys.version_info[:2])'
    status, output = call(PYTHON, '-c', look) if PYTHON.exists() else (1, '')
    return status == 0 and output.split() == [str(part) for part in sys.version_info[:2]]


def create():
    """Make an empty environment, in place of a broken or foreign one."""
    for entry in VENV.iterdir():
        # Others may be waiting on the lock, and caches may be in use.
        if entry.name in (LOCK.name, 'home', 'tmp'):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    status, output = call(sys.executable, '-m', 'venv', VENV)
    if status:
        if 'ensurepip' in output:
            sys.exit(
                f"error: {sys.executable} has no complete 'venv' module; install it (on Debian and "
                f'Ubuntu it is the package python3-venv) and run this again'
            )
        fail(f'could not make the environment {VENV}', output)


def install():
    """Install the package, its requirements and the test tools: with uv, else with pip."""
    what = ('--editable', f'{ROOT}[tests]')
    uv = shutil.which('uv') or shutil.which('uv', path=str(VENV / 'bin'))
    if uv is None:
        # uv installs these 5 GB several times faster than pip; without it pip does the same.
        call(PYTHON, '-m', 'pip', 'install', '--quiet', '--retries', '1', 'uv')
        uv = shutil.which('uv', path=str(VENV / 'bin'))
    if uv is not None:
        status, output = call(uv, 'pip', 'install', '--python', PYTHON, *what)
        if status == 0:
            return
        if reason(output) != 'see above' and 'disk' in reason(output):
            fail('installation failed', output)
        # pip may be configured for this network where uv is not.
        say('uv could not install; trying pip (slower)')
    status, output = call(PYTHON, '-m', 'pip', 'install', '--retries', '1', *what)
    if status:
        fail('installation failed', output)


def main():
    VENV.mkdir(exist_ok=True)
    with LOCK.open('w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say('Another process is setting up .venv; waiting for it')
            fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = fingerprint()
        if STAMP.is_file() and STAMP.read_text() == wanted and PYTHON.exists():
            return
        free = shutil.disk_usage(ROOT).free / 1e9
        say(f'Setting up .venv (once; up to {GIGABYTES} GB, {free:.0f} GB free)')
        start = time.monotonic()
        STAMP.unlink(missing_ok=True)
        if not usable():
            create()
        install()
        STAMP.write_text(wanted)
        say(f'Set up in {time.monotonic() - start:.0f} s')


if __name__ == '__main__':
    # The new environment must not inherit the settings of one that happens to be active.
    for name in ('VIRTUAL_ENV', 'CONDA_PREFIX', 'PIP_USER', 'PIP_TARGET', 'PIP_PREFIX'):
        os.environ.pop(name, None)
    # uv trusts its own certificates only, unless told; pip trusts the system's. Both spellings,
    # of newer and older uv.
    os.environ.setdefault('UV_SYSTEM_CERTS', '1')
    os.environ.setdefault('UV_NATIVE_TLS', '1')
    try:
        main()
    except OSError as error:
        sys.exit(f'error: could not set up {VENV}: {error}')
    except KeyboardInterrupt:
        sys.exit(130)
