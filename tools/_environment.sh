# Sourced by demo.sh and run_tests.sh: sets $root (the clone) and $python (an interpreter that has
# everything installed, in the clone's .venv). MGP_PYTHON names an interpreter to use as it is.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# Without bytecode files every start of MMagic takes some twenty seconds longer.
unset PYTHONDONTWRITEBYTECODE
# Another environment's packages must not shadow this one's.
unset PYTHONHOME PYTHONPATH

# Where nothing outside the clone can be written, caches and temporary files go into it.
if ! [ -w "${HOME:-/nonexistent}" ]; then
    export HOME="$root/.venv/home"
    mkdir -p "$HOME"
fi
if ! [ -w "${TMPDIR:-/tmp}" ]; then
    export TMPDIR="$root/.venv/tmp"
    mkdir -p "$TMPDIR"
fi

find_python() {
    local candidate
    for candidate in python3 python3.12 python3.11 python3.10 python; do
        # Running it is the test: a name on PATH may be a launcher with nothing behind it.
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "error: no Python 3.10 or newer on PATH; 3.10 to 3.12 are supported" >&2
    return 1
}

if [ -n "${MGP_PYTHON:-}" ]; then
    python="$MGP_PYTHON"
    if ! (cd "$root" && "$python" -c 'import mmgenprior, mmengine') >/dev/null 2>&1; then
        echo "error: MGP_PYTHON=$python cannot import mmengine: run '$python -m pip install .'" >&2
        exit 1
    fi
else
    base_python="$(find_python)" || exit 1
    "$base_python" "$root/tools/_environment.py" || exit 1
    python="$root/.venv/bin/python"
fi
