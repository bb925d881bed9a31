#!/usr/bin/env bash
# dist_test.sh CONFIG [CHECKPOINT] PROCESSES [arguments of test.py]: one process per GPU or, without
# a GPU, gloo processes on the CPU. NNODES, NODE_RANK, MASTER_ADDR, PORT: as in MMagic.
set -euo pipefail
# What the processes tell to go on with.
export MGP_COMMAND="bash $(printf '%q ' "$0" "$@")"
tools="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
usage="usage: dist_test.sh CONFIG [CHECKPOINT] PROCESSES [arguments of test.py]"
config="${1:?$usage}"
if [[ "${2:-}" =~ ^[0-9]+$ ]]; then
    checkpoint=none processes="$2"
    shift 2
else
    checkpoint="${2:?$usage}" processes="${3:-}"
    [[ "$processes" =~ ^[0-9]+$ ]] || { echo "$usage" >&2; exit 2; }
    shift 3
fi
source "$tools/_launch.sh"
launch "$processes" "$tools/test.py" "$config" "$checkpoint" --launcher pytorch "$@"
