#!/usr/bin/env bash
# Runs the tests on all cores; needs only bash, Python >= 3.10 and the package registry.
# --slow as the first argument adds the slow ones; all other arguments are passed on to pytest.
# A single test (FILE::NAME), -s and --pdb run in this process; -n COUNT asks for so many processes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_environment.sh"

cd "$root"
which=(-m 'not slow')
if [ "${1:-}" = --slow ]; then
    shift
    which=()
fi
# A file stays in one process, which computes its fixtures once.
spread=(-n auto --dist loadfile)
for word in "$@"; do
    case "$word" in
        *::* | -s | --capture=no | --pdb | --trace | --collect-only | --co) spread=(-n 0) ;;
    esac
done
if ! "$python" -c 'import xdist' 2>/dev/null; then
    spread=()
fi
# Processes share the cores; more threads than these would only be in each other's way.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
exec "$python" -m pytest ${which[@]+"${which[@]}"} ${spread[@]+"${spread[@]}"} "$@"
