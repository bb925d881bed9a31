#!/usr/bin/env bash
# Restores held-out toy faces end to end; needs only bash, Python >= 3.10 and the package registry.
# Arguments are passed on to tools/test.py, e.g. --work-dir DIR or --cfg-options model.seed=1.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/_environment.sh"

work_dir="$root/work_dirs/demo"
previous=''
for argument in "$@"; do
    [ "$previous" = --work-dir ] && work_dir="$argument"
    case "$argument" in --work-dir=*) work_dir="${argument#--work-dir=}" ;; esac
    previous="$argument"
done

"$python" "$root/tools/test.py" "$root/configs/iagan_toyfaces_sr4.py" --work-dir "$work_dir" "$@"

case "$work_dir" in /*) ;; *) work_dir="$PWD/$work_dir" ;; esac
echo
echo "The pictures and metrics.json are in $work_dir"
