#!/usr/bin/env bash
# dist_train.sh CONFIG PROCESSES [arguments of train.py]; see dist_test.sh.
set -euo pipefail
# What the processes tell to go on with.
export MGP_COMMAND="bash $(printf '%q ' "$0" "$@")"
tools="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
usage="usage: dist_train.sh CONFIG PROCESSES [arguments of train.py]"
config="${1:?$usage}" processes="${2:-}"
[[ "$processes" =~ ^[0-9]+$ ]] || { echo "$usage" >&2; exit 2; }
shift 2
source "$tools/_launch.sh"
launch "$processes" "$tools/train.py" "$config" --launcher pytorch "$@"
