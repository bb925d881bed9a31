#!/usr/bin/env bash
# slurm_array.sh PARTITION JOB_NAME TASKS CONFIG [CHECKPOINT] [arguments of test.py]: tasks of a Slurm
# array, each on its own, on one shared work dir. Each image is restored by one of them; a task that
# is requeued or given again goes on, and the others do what it leaves. GPUS_PER_TASK (1; 0 runs on
# CPUs), CPUS_PER_TASK (5) and SBATCH_ARGS as in slurm_test.sh.
set -euo pipefail
tools="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
usage="usage: slurm_array.sh PARTITION JOB_NAME TASKS CONFIG [CHECKPOINT] [arguments of test.py]"
partition="${1:?$usage}" job_name="${2:?$usage}" tasks="${3:?$usage}" config="${4:?$usage}"
[[ "$tasks" =~ ^[1-9][0-9]*$ ]] || { echo "$usage" >&2; exit 2; }
shift 4
checkpoint=none
if [ $# -gt 0 ] && [[ "$1" != -* ]]; then
    checkpoint="$1"
    shift
fi
resources=(--cpus-per-task="${CPUS_PER_TASK:-5}")
if [ "${GPUS_PER_TASK:-1}" -gt 0 ]; then
    resources+=(--gres="gpu:${GPUS_PER_TASK:-1}")
fi
# The work is the batch step itself, which is told of preemption and of the end of its time.
printf -v command '%q ' exec "${PYTHON:-python}" -u "$tools/test.py" "$config" "$checkpoint" \
    --share "$@"
# SBATCH_ARGS holds several words.
# shellcheck disable=SC2086
exec sbatch -p "$partition" --job-name="$job_name" --array="0-$((tasks - 1))" --requeue \
    --open-mode=append "${resources[@]}" ${SBATCH_ARGS:-} --wrap="$command"
