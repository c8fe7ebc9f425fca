# shellcheck shell=bash
# What scripts/gpu-check is tested with where there is no GPU: a stand-in for the CUDA module and stubs for NVIDIA's
# tools and PyTorch. Sourced by a test with arguments SOURCE_FOLDER PROGRAM MODULE_FOLDER.
source_folder=$(cd "$1" && pwd)
program=$2 module_folder=$3
# shellcheck source=harness/tests/scripts/common.sh
source "$source_folder/harness/tests/scripts/common.sh"

real_python=$(command -v python3)
app=$work/app stubs=$work/stubs configs=$work/configs
export PETAPROOF_CONFIGS=$configs OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 FAKE_GPU="NVIDIA H100 80GB HBM3"
export SECRET_TOKEN=do-not-record
unset PETAPROOF_MODULE_DIR "${!OMPI_@}"

# executable FILE: a bash script from stdin
executable() {
  mkdir -p "$(dirname "$1")"
  { echo '#!/usr/bin/env bash' && cat; } >"$1"
  chmod +x "$1"
}

# suite NAME PARAMS: in place of the real one, a case of the stand-in
suite() {
  cat >"$configs/suites/$1.json" <<END
{"schema": "petaproof-suite/1", "name": "$1", "defaults": {"seconds": 0.05, "warm_up_seconds": 0.03},
 "cases": [{"workload": "test/fault", "params": $2}]}
END
}

prepare() {
  local name
  mkdir -p "$app/bin"
  cp -r "$source_folder/configs" "$configs"
  for name in smoke gpu-tiny gpu-peak gpu-nccl gpu-gemm gpu-attention gpu-sustained; do
    suite "$name" '{"fault": "none", "precision": "bf16"}'
  done
  # a link: the program looks for its surroundings beside the file itself
  ln -s "$program" "$app/bin/petaproof"
  executable "$app/bin/petaproof-gpu-tests" <<'END'
[[ -z ${FAKE_ARCHIVE:-} ]] || cp "$FAKE_ARCHIVE" "$FAKE_ARCHIVE.seen"
for argument; do
  [[ $argument != --gtest_output=xml:* ]] || {
    mkdir -p "$(dirname "${argument#*:}")"
    echo '<testsuites tests="2"/>' >"${argument#*:}"
  }
done
echo "[==========] Running 2 tests from 1 test suite."
echo "[  PASSED  ] 2 tests."
END
  executable "$stubs/nvidia-smi" <<'END'
case $* in
  *compute_cap*)
    [[ ${FAKE_CAPABILITY:-} != never ]] || exec sleep 304
    echo "${FAKE_CAPABILITY:-9.0}" && exit
    ;;
  dmon*) # holds the GPU open, and is slow to die
    echo "$*" >"${0%/*}/held"
    trap '' TERM
    exec sleep 302
    ;;
esac
echo "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-00000000-0000-0000-0000-000000000000)"
END
  # checks nothing, but ends like the real one
  executable "$stubs/compute-sanitizer" <<'END'
while [[ $1 == --* ]]; do shift 2; done
code=0
"$@" || code=$?
echo "========= ERROR SUMMARY: 0 errors"
exit "$code"
END
  # a PyTorch that is as fast as we said we were, and a tenth more; with one kernel for GEMM, two for attention
  cat >"$work/torch.py" <<'END'
import json, sys
script, run, out = sys.argv[1:]
kernels = {"cudnn": 1.1, "flash": 0.5} if script.endswith("torch_attention.py") else {"cublaslt": 1.1}
cases = [entry for entry in map(json.loads, open(run + "/journal.jsonl")) if entry["type"] == "end"
         and entry["disposition"] == "pass"]
results = [dict(case_id=case["case_id"], kernel=kernel, flops_per_second=speed * case["rates"][0]["value"], finite=True)
           for case in cases for kernel, speed in kernels.items()]
json.dump(dict(libraries=dict(torch="0", cuda="0"), results=results, cannot=[]), open(out, "w"))
END
  executable "$stubs/python3" <<END
case "\$*" in
  *'import torch'*) echo "PyTorch 0 sees 1 GPUs" && exit "\${FAKE_TORCH:-0}" ;;
  *peers/torch_*) exec "$real_python" "$work/torch.py" "\${@: -3}" ;;
  *) exec "$real_python" "\$@" ;;
esac
END
}

# gpu_check_of_stand_ins ARGUMENTS...: where there is no remote shell
gpu_check_of_stand_ins() {
  call env PATH="$stubs:$(path_without ssh rsh)" PETAPROOF_MODULE_DIR="$module_folder" \
    "$source_folder/scripts/gpu-check" --app "$app" "$@"
}

# gpu_check OUT [ARGUMENTS...]
gpu_check() { gpu_check_of_stand_ins --out "$@"; }

# running COMMAND_LINE, a pattern: how many processes
running() { grep -lsaE "$1" /proc/[0-9]*/cmdline | wc -l; }

# outcome STEP: "pass: why" from the summary
outcome() { sed -nE "s/^$1 +(pass|fail|skipped) +[0-9]+ +[0-9]+  (.*)/\1: \2/p" <<<"$out"; }

# the sum of the limits of all steps, from the summary
total_limit() { sed -nE 's/^total +[a-z]+ +[0-9]+ +([0-9]+) .*/\1/p' <<<"$out"; }

# edited EDIT: in $work/edited the scripts alone, changed by sed, in a tree where nothing was built
edited() {
  rm -rf "$work/edited"
  mkdir "$work/edited"
  cp -r "$source_folder/scripts" "$work/edited/"
  sed -i "$1" "$work/edited/scripts/gpu-check"
}

prepare
