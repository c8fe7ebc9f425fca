#!/usr/bin/env bash
# The real module on a machine that may have no GPU: it loads, its workloads are listed, and a run says why it cannot
# measure; the GPU tests start, and skip with the reason.
#
#   cuda_module_test.sh SOURCE_FOLDER BUILD_FOLDER
set -euo pipefail
source_folder=$(cd "$1" && pwd)
build=$2
# shellcheck source=harness/tests/scripts/common.sh
source "$source_folder/harness/tests/scripts/common.sh"
export PETAPROOF_CONFIGS=$source_folder/configs
unset PETAPROOF_MODULE_DIR
program=$build/bin/petaproof

# The names that the module's files register: those with `// needs:` and a word that puts them there, less those that
# CMake left out, which it says in the catalogue.
expected() {
  sed -n 's/^ *{"\([^"]*\)", "cuda", ""},.*/\1/p' "$build/catalogue.cpp" | sort
}

listed() { sed -n 's/^  \([^ ]*\) *\[cuda[],].*/\1/p' <<<"$1" | sort; }

call "$program" list
check "exit code of list" 0 "$code"
check_like "workloads of the build" "*memory/device*" "$(expected)"
check "workloads that list names" "$(expected)" "$(listed "$out")"

# gpu_tests [FILTER]: their names, parameters included
gpu_tests() {
  "$build/bin/petaproof-gpu-tests" --gtest_list_tests "--gtest_filter=${1:-*}" |
    awk '/^[^ ]/ {suite = $1} /^  / {print suite $1}' | sort
}

check_like "the test that scripts/gpu-check tries compute-sanitizer with" "*SetBytesReachesTheLastByte*" "$(gpu_tests)"

# every GPU test is of one family of scripts/gpu-check, and every family a step that has tests
# shellcheck source=scripts/gpu/tests.sh
source "$source_folder/scripts/gpu/tests.sh"
families=(device "${!test_families[@]}")
for family in "${families[@]}"; do
  check "step of GPU tests $family" 1 "$(grep -cw "2:tests-$family" "$source_folder/scripts/gpu-check")"
  check "GPU tests $family, at least one" yes "$([[ -n $(gpu_tests "$(test_filter "$family")") ]] && echo yes)"
done
check "GPU tests of all families" "$(gpu_tests)" \
  "$(for family in "${families[@]}"; do gpu_tests "$(test_filter "$family")"; done | sort)"

if [[ -e /dev/nvidiactl ]]; then
  echo "there is a GPU: that nothing can be measured without one is not checked"
else
  call "$program" run smoke --backend cuda --out "$work/run"
  check "exit code of a run" 2 "$code"
  check_like "why it cannot measure" "*not_supported*no NVIDIA driver*" "$out$err"
  # a driver that is older than the runtime
  mkdir "$work/driver"
  c++ -shared -o "$work/driver/libcuda.so.1" -x c++ - <<'END'
extern "C" int cuInit(unsigned) { return 0; }
extern "C" int cuDriverGetVersion(int* version) { return *version = 12040, 0; }
END
  call env "LD_LIBRARY_PATH=$work/driver" "$program" run smoke --backend cuda --out "$work/old_driver"
  check "exit code of a run with an old driver" 2 "$code"
  check_like "an old driver" "*not_supported*the driver supports CUDA 12.4, this build needs *" "$out$err"
  call "$build/bin/petaproof-gpu-tests" --gtest_color=no
  check "exit code of the GPU tests" 0 "$code"
  check_like "the GPU tests" "*Skipped*PASSED  ] 0 tests*SKIPPED*" "$out"
fi
finish
