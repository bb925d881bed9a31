#!/usr/bin/env bash
# Runs the tests; needs only bash, Python >= 3.10 and the package registry.
# --slow as the first argument adds the slow ones; all other arguments are passed on to pytest.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_environment.sh"

cd "$root"
if [ "${1:-}" = --slow ]; then
    shift
    exec "$python" -m pytest "$@"
fi
exec "$python" -m pytest -m 'not slow' "$@"
