# Sourced by dist_test.sh and dist_train.sh, in $tools: launch PROCESSES SCRIPT ARGUMENTS...

# torchrun replaces an absent OMP_NUM_THREADS by 1; a value that the user gave stays his.
export MGP_NUM_THREADS="${MGP_NUM_THREADS:-${OMP_NUM_THREADS:-}}"
# Said here, it does so without a warning; mmgenprior.cli.launch undoes it in each process.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"

launch() {
    local processes="$1"
    shift
    # On one machine a free port is found, so that two runs do not collide.
    local meeting=(--standalone)
    if [ -n "${NNODES:-}${MASTER_ADDR:-}${PORT:-}" ]; then
        meeting=(
            --nnodes="${NNODES:-1}" --node_rank="${NODE_RANK:-0}"
            --master_addr="${MASTER_ADDR:-127.0.0.1}" --master_port="${PORT:-29500}"
        )
    fi
    exec "${PYTHON:-python}" "$tools/_ranks.py" "${meeting[@]}" \
        --nproc_per_node="$processes" "$@"
}
