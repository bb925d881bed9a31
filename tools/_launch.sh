# Sourced by dist_test.sh and dist_train.sh: launch PROCESSES SCRIPT ARGUMENTS...

# torchrun replaces an absent OMP_NUM_THREADS by 1; a value that the user gave stays his.
export MGP_NUM_THREADS="${MGP_NUM_THREADS:-${OMP_NUM_THREADS:-}}"

launch() {
    local processes="$1"
    shift
    exec "${PYTHON:-python}" -m torch.distributed.run \
        --nnodes="${NNODES:-1}" \
        --node_rank="${NODE_RANK:-0}" \
        --master_addr="${MASTER_ADDR:-127.0.0.1}" \
        --master_port="${PORT:-29500}" \
        --nproc_per_node="$processes" \
        "$@"
}
