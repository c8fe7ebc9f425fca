#!/usr/bin/env bash
# Tests the steps of scripts/gpu-check without a GPU: with stand-ins, where each can pass, or fail on purpose, and with
# nothing of all that, where each must say why.
#
#   gpu_check_test.sh SOURCE_FOLDER PROGRAM MODULE_FOLDER
set -euo pipefail
# shellcheck source=harness/tests/scripts/gpu_check_stand_ins.sh
source "${BASH_SOURCE[0]%/*}/gpu_check_stand_ins.sh"

bad_arguments() {
  call "$source_folder/scripts/gpu-check" --app /no/such/folder
  check "exit code for a folder that is none" 3 "$code"
  call "$source_folder/scripts/gpu-check" --app "$app" --steps smoke,fast
  check "exit code for a step that is none" 3 "$code"
  call "$source_folder/scripts/gpu-check" --app "$app" --steps ,
  check "exit code for no step" 3 "$code"
  call "$source_folder/scripts/gpu-check" --app "$app" --part 4
  check "exit code for a part that is none" 3 "$code"
  call "$source_folder/scripts/gpu-check" --app "$app" --part 1 --steps smoke
  check "exit code for steps of a part" 3 "$code"
  call "$source_folder/scripts/gpu-check" --app "$app" --archive "$program"
  check "exit code for an archive that is there" 3 "$code"
  call "$source_folder/scripts/gpu-check" --app "$app" --out "$stubs"
  check "exit code for a folder that is not empty" 3 "$code"
}

all_steps_pass() {
  local ranks family
  gpu_check "$work/good"
  check "exit code when all passes" 0 "$code"
  check "device" "pass: GPU 0: NVIDIA H100 80GB HBM3" "$(outcome device)"
  check_like "list" "pass: [1-9]* workloads for GPUs" "$(outcome list)"
  for family in device memory cublaslt nccl cudnn peak wgmma hopper attention; do
    check "tests of $family" "pass: 2 passed, 0 skipped" "$(outcome "tests-$family")"
  done
  check_like "sanitizer" "pass: ERROR SUMMARY: 0 errors; 1 of 1 cases passed*" "$(outcome sanitizer)"
  check_like "smoke" "pass: 1 of 1 cases passed*" "$(outcome smoke)"
  check_like "peak" "pass: 1 of 1 cases passed*" "$(outcome peak)"
  for ranks in 1 2 4; do
    check_like "NCCL's place on $ranks ranks" "pass: 1 of 1 cases passed, $ranks rank*" "$(outcome "nccl-$ranks")"
  done
  check "torch-gemm" "pass: ratios to PyTorch are in torch-gemm/comparison.json" "$(outcome torch-gemm)"
  check_like "ratio to PyTorch's GEMM" "* cublaslt * 0.909  0.909 to 0.909*" "$out"
  check "torch-attention" "pass: ratios to PyTorch are in torch-attention/comparison.json" "$(outcome torch-attention)"
  check_like "ratio to PyTorch's cuDNN" "* cudnn * 0.909  0.909 to 0.909*" "$out"
  check_like "ratio to PyTorch's flash" "* flash * 2.000  2.000 to 2.000*" "$out"
  check "published" "skipped: no published run of NVIDIA H100 80GB HBM3 on 1 rank yet" "$(outcome published)"
  check "windows of minutes, which were not asked for" '' "$(outcome sustained)"
  check "processes that hold the GPU open" 0 "$(running '^sleep.302')"
}

# steps_in SUMMARY, and the sum of their limits
steps_in() { sed -nE 's/^([a-z]+[a-z0-9-]*) +(pass|fail|skipped) .*/\1/p' <<<"$1" | grep -vx total; }
total_limit() { sed -nE 's/^total +[a-z]+ +[0-9]+ +([0-9]+) .*/\1/p' <<<"$out"; }

# Each leaves one file, and time for it within 10 minutes.
parts() {
  local part all='' archives=$work/archives
  for part in 1 2 3; do
    gpu_check_of_stand_ins --part "$part" --archive "$archives/$part.tar.gz"
    check "exit code of part $part" 0 "$code"
    check "limits of part $part at most 560 s" yes "$( (($(total_limit) <= 560)) && echo yes)"
    check_like "what part $part leaves" "*"$'\n'"to publish: $archives/$part.tar.gz" "$out"
    all+=$(steps_in "$out")$'\n'
  done
  check "files that are left" "1.tar.gz 2.tar.gz 3.tar.gz" "$(find "$archives" -type f -printf '%f\n' | sort | xargs)"
  check "steps of all parts" "$(steps_in "$(<"$work/good/summary.txt")")"$'\n'sustained$'\n' "$all"
  check "a run of minutes in its archive" 1 "$(tar tzf "$archives/3.tar.gz" | grep -c '/sustained/manifest.json$')"
}

# The machine may go at any time: the archive holds what was measured so far.
archive_after_every_step() {
  FAKE_ARCHIVE=$work/early.tar.gz gpu_check_of_stand_ins --steps device,tests-device --archive "$work/early.tar.gz"
  check "the first step in the archive that the second sees" 1 \
    "$(tar tzf "$work/early.tar.gz.seen" | grep -c '/logs/device.log$')"
  check_like "the summary in it" "*device * pass *total *" \
    "$(tar xzf "$work/early.tar.gz.seen" -O --wildcards '*/summary.txt')"
}

# What was asked for by name and could not be done is no success.
skipped_by_name() {
  gpu_check "$work/skipped" --steps device,published
  check "exit code where a step that was asked for is skipped" 2 "$code"
  check_like "how many" "*total *pass *0 failed, 1 skipped*" "$out"
  FAKE_TORCH=77 gpu_check "$work/no_torch" --steps torch-gemm
  check "exit code without PyTorch" 2 "$code"
  FAKE_TORCH=124 gpu_check "$work/slow_torch" --steps torch-gemm
  check_like "a PyTorch that takes too long to load" "fail: PyTorch could not be imported*124*" "$(outcome torch-gemm)"
  gpu_check "$work/family" --steps nccl
  check "steps of a name that several begin with" "nccl-1 nccl-2 nccl-4" "$(steps_in "$out" | xargs)"
}

peaks_of_other_architectures() {
  FAKE_CAPABILITY=10.0 gpu_check "$work/blackwell" --steps peak
  check "peak on Blackwell" "skipped: no suite has the peaks of a GPU of compute capability 10.0" "$(outcome peak)"
  suite gpu-peak-ampere '{"fault": "wrong"}'
  FAKE_CAPABILITY=8.0 gpu_check "$work/ampere" --steps peak
  check_like "peak on Ampere" "fail: 0 of 1 cases passed*" "$(outcome peak)"
}

archive_holds_everything() {
  local names name
  names=$(tar tzf "$work/good/run.tar.gz" | sed 's,^[^/]*/,,')
  for name in smoke/journal.jsonl nccl-2/manifest.json gpu-tests/hopper.xml torch-gemm/comparison.json \
    torch-gemm/torch-2.json torch-attention/comparison.json torch-attention/ours-2/journal.jsonl logs/sanitizer.log \
    nvidia-smi-q.txt environment.txt summary.txt; do
    check "$name in the archive" 1 "$(grep -cx "$name" <<<"$names")"
  done
  check "archives in the archive" 0 "$(grep -c 'run\.tar\.gz' <<<"$names")"
  check "folders in the archive" 1 "$(tar tzf "$work/good/run.tar.gz" | cut -d/ -f1 | sort -u | wc -l)"
  check_like "environment" "*petaproof [0-9]*LD_LIBRARY_PATH=*ssh: none*/dev/shm*" "$(<"$work/good/environment.txt")"
  check_like "environment of a run" '*"OMP_NUM_THREADS": *"1"*' "$(<"$work/good/smoke/manifest.json")"
  check "files with a secret" 0 "$(grep -rl do-not-record "$work/good" | wc -l)"
}

compared_with_published_runs() {
  local results=$work/results compare=$source_folder/scripts/peers/against_published.py
  mkdir -p "$results/h100" "$results/local"
  cp -r "$work/good/smoke" "$results/h100/2026-smoke"
  cp -r "$work/good/smoke" "$results/local/"
  call "$real_python" -B "$compare" "$work/good/smoke" "$results"
  check_like "a case beside itself" "test/fault none bf16 * batched *, 1.000 x the * of 2026-*2026-smoke?" "$out"
  echo "no JSON" >"$results/h100/2026-smoke/manifest.json"
  call "$real_python" -B "$compare" "$work/good/smoke" "$results"
  check_like "a published run that cannot be read" "left out: *manifest.json: *no published run of *" "$out"
}

failures_are_seen() {
  suite smoke '{"fault": "wrong"}'
  suite gpu-nccl '{"fault": "refuse"}'
  suite gpu-gemm '[{"fault": "nan"}, {"fault": "none", "precision": "bf16"}]'
  suite gpu-attention '{"fault": "refuse"}'
  executable "$app/bin/petaproof-gpu-tests" <<'END'
printf '%s\n' '[  PASSED  ] 1 test.' '[  FAILED  ] 1 test, listed below:' '[  FAILED  ] GpuDevice.Copies'
exit 1
END
  executable "$stubs/compute-sanitizer" <<'END'
if [[ $* == *gtest* ]]; then
  printf '%s\n' "[  PASSED  ] 1 test." "========= ERROR SUMMARY: 0 errors"
  exit 0
fi
echo "========= ERROR SUMMARY: 3 errors"
exit 99
END
  gpu_check "$work/bad" --steps tests-device,sanitizer,smoke,nccl-1,torch-gemm,torch-attention,published
  check "exit code when something fails" 1 "$code"
  check "tests" "fail: 1 failed, exit code 1: GpuDevice.Copies" "$(outcome tests-device)"
  check "sanitizer" "fail: ERROR SUMMARY: 3 errors" "$(outcome sanitizer)"
  check_like "smoke" "fail: 0 of 1 cases passed: 1 fail_verify*; first fail_verify: test/fault *" "$(outcome smoke)"
  check_like "a case that cannot be measured" "fail: 0 of 1 cases passed: 1 not_supported*" "$(outcome nccl-1)"
  check_like "torch-gemm" "fail: ours, block 1: *fail_verify*" "$(outcome torch-gemm)"
  check_like "the case that did not fail is compared" "* cublaslt * 0.909  0.909 to 0.909*" "$out"
  check_like "torch-attention" "fail: ours, block 1: *not_supported*" "$(outcome torch-attention)"
  check "a step that was not asked for" '' "$(outcome device)"
  check "the archive is written all the same" yes "$([[ -s $work/bad/run.tar.gz ]] && echo yes)"
  executable "$app/bin/petaproof-gpu-tests" <<'END'
echo "error while loading shared libraries: libnccl.so.2"
exit 127
END
  gpu_check "$work/unstartable" --steps tests-device
  check "tests that do not start" \
    "fail: 0 failed, exit code 127: error while loading shared libraries: libnccl.so.2" "$(outcome tests-device)"
}

# What cannot work here is skipped with the reason, but without a GPU nothing is proved.
nothing_is_there() {
  executable "$app/bin/petaproof-gpu-tests" <<'END'
printf '%s\n' 'a.cpp:1: Skipped' 'no NVIDIA driver is installed'
printf '%s\n' '[  PASSED  ] 0 tests.' '[  SKIPPED ] 2 tests, listed below:'
END
  executable "$stubs/compute-sanitizer" <<'END'
echo "========= Error: Device not supported"
exit 1
END
  executable "$stubs/python3" <<END
[[ "\$*" != *'import torch'* ]] || { echo "No module named 'torch'" && exit 77; }
exec "$real_python" "\$@"
END
  executable "$stubs/nvidia-smi" <<'END'
echo "NVIDIA-SMI has failed"
exit 9
END
  mkdir "$work/empty"
  module_folder=$work/empty gpu_check "$work/nothing" \
    --steps device,list,tests-device,sanitizer,smoke,torch-gemm,published
  check "exit code without a GPU" 1 "$code"
  check "device" "fail: nvidia-smi sees no GPU: NVIDIA-SMI has failed" "$(outcome device)"
  check_like "list" "fail: no workload for GPUs: not available: *" "$(outcome list)"
  check "tests" "skipped: all 2 skipped: no NVIDIA driver is installed" "$(outcome tests-device)"
  check_like "sanitizer" "skipped: not available: *Device not supported*" "$(outcome sanitizer)"
  check_like "smoke" "fail: *" "$(outcome smoke)"
  check "torch-gemm" "skipped: No module named 'torch'" "$(outcome torch-gemm)"
}

# A command that does not end is ended, and with it what it left.
time_limits() {
  code=0
  (
    # shellcheck disable=SC2034  # read by limited
    log=/dev/null
    # shellcheck source=scripts/lib.sh
    source "$source_folder/scripts/lib.sh"
    # shellcheck source=scripts/gpu/steps.sh
    source "$source_folder/scripts/gpu/steps.sh"
    limited 1 bash -c 'trap "" TERM; setsid sleep 301 & sleep 300'
    exit "$code"
  ) || code=$?
  check_like "exit code of a command that does not end" "1[23][47]" "$code"
  check "what it left" 0 "$(running '^sleep.301')"
}

bad_arguments
all_steps_pass
parts
archive_after_every_step
skipped_by_name
peaks_of_other_architectures
archive_holds_everything
compared_with_published_runs
failures_are_seen
nothing_is_there
time_limits
finish
