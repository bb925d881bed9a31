#!/usr/bin/env bash
# Restores held-out toy faces end to end; needs only bash, Python >= 3.10 and the package registry.
# Arguments are those of `mmgenprior demo`, e.g. --work-dir DIR or --images 4.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_environment.sh"

exec "$python" "$root/tools/demo.py" "$@"
