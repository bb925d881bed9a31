#!/usr/bin/env bash
# slurm_test.sh PARTITION JOB_NAME CONFIG [CHECKPOINT] [arguments of test.py]; GPUS, GPUS_PER_NODE,
# CPUS_PER_TASK and SRUN_ARGS as in MMagic. GPUS_PER_NODE=0 runs on CPUs, GPUS processes in all.
set -euo pipefail
tools="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
usage="usage: slurm_test.sh PARTITION JOB_NAME CONFIG [CHECKPOINT] [arguments of test.py]"
partition="${1:?$usage}" job_name="${2:?$usage}" config="${3:?$usage}"
shift 3
checkpoint=none
if [ $# -gt 0 ] && [[ "$1" != -* ]]; then
    checkpoint="$1"
    shift
fi
gpus="${GPUS:-8}" per_node="${GPUS_PER_NODE:-8}"
resources=(--ntasks="$gpus" --cpus-per-task="${CPUS_PER_TASK:-5}")
if [ "$per_node" -gt 0 ]; then
    resources+=(--gres="gpu:$per_node" --ntasks-per-node="$((per_node < gpus ? per_node : gpus))")
fi
# SRUN_ARGS holds several words.
# shellcheck disable=SC2086
exec srun -p "$partition" --job-name="$job_name" "${resources[@]}" --kill-on-bad-exit=1 \
    ${SRUN_ARGS:-} \
    "${PYTHON:-python}" -u "$tools/test.py" "$config" "$checkpoint" --launcher slurm "$@"
