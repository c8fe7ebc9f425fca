#!/usr/bin/env bash
# Tests the steps of scripts/gpu-check without a GPU: with stand-ins, where each can pass, or fail on purpose, and with
# nothing of all that, where each must say why.
#
#   gpu_check_test.sh SOURCE_FOLDER PROGRAM MODULE_FOLDER
set -euo pipefail
# shellcheck source=harness/tests/scripts/gpu_check_stand_ins.sh
source "${BASH_SOURCE[0]%/*}/gpu_check_stand_ins.sh"

# refused CODE WHAT ARGUMENTS...
refused() {
  call "$source_folder/scripts/gpu-check" "${@:3}"
  check "exit code for $2" "$1" "$code"
}

bad_arguments() {
  refused 3 "a folder that is none" --app /no/such/folder
  refused 3 "a step that is none" --app "$app" --steps smoke,fast
  refused 3 "no step" --app "$app" --steps ,
  refused 3 "steps that no comma separates" --app "$app" --steps "device list"
  refused 3 "a part that is none" --app "$app" --part 4
  refused 3 "steps of a part" --app "$app" --part 1 --steps smoke
  refused 3 "a tree that is there, and not to build one" --app "$app" --no-build --steps device
  refused 3 "packing and measuring" --steps fast --pack
  check_like "what is wrong with packing and measuring" "*--pack takes no other option*" "$err"
  refused 3 "an archive that is there" --app "$app" --archive "$program"
  refused 4 "an archive that cannot be written" --app "$app" --steps device --archive /proc/run.tar.gz
  refused 3 "a folder that is not empty" --app "$app" --out "$stubs"
  refused 3 "a folder that is a file" --app "$app" --out "$program"
}

# Where nothing may be built and no tree was carried along.
nothing_to_check() {
  edited ''
  call "$work/edited/scripts/gpu-check" --no-build
  check "exit code without a tree" 4 "$code"
  check_like "what is missing" "*no installed tree was carried along*" "$err"
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
  check "how the GPU was held open" "dmon -d 10 -c 360" "$(cat "$stubs/held")"
  check "processes that hold the GPU open" 0 "$(running '^sleep.302')"
}

# steps_in SUMMARY
steps_in() { sed -nE 's/^([a-z]+[a-z0-9-]*) +(pass|fail|skipped) .*/\1/p' <<<"$1" | grep -vx total; }

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

# Blocks that passed are no word on one that broke off.
block_that_breaks_off() {
  local app=$work/breaking
  executable "$app/bin/petaproof" <<END
[[ \$* != *ours-2* ]] || { echo "petaproof: out of memory" && exit 1; }
exec "$program" "\$@"
END
  gpu_check "$work/broken" --steps torch-gemm
  check "a block that breaks off" "fail: ours, block 2: petaproof: out of memory" "$(outcome torch-gemm)"
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
  executable "$app/bin/petaproof-gpu-tests" <<<'echo "[  PASSED  ] 0 tests."'
  gpu_check "$work/no_tests" --steps tests-device
  check "a family without tests" "fail: no test ran: this build has none of the family" "$(outcome tests-device)"
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

bad_arguments
nothing_to_check
all_steps_pass
parts
skipped_by_name
block_that_breaks_off
peaks_of_other_architectures
archive_holds_everything
compared_with_published_runs
failures_are_seen
nothing_is_there
finish
