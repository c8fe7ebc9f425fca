#!/usr/bin/env bash
# Includes follow the arrows: harness -> collectives -> kernels, and no further.
#
#   layers_test.sh SOURCE_FOLDER
#
# * kernels/ includes nothing of collectives/ or harness/, no MPI and no JSON
# * collectives/ includes nothing of harness/, and no JSON
# * exit codes are the program's affair: harness/app/exit_code.hpp is for harness/app and tests alone
# * what the program is made of includes no CUDA: sources of the module say so in a line "// needs:", and its headers
#   are in folders named cuda or nccl. Tests are not in the program: they run the plain arithmetic of such headers on a
#   CPU, and would not compile if it were not plain
#
# First it plants each kind of bad include in a copy of nothing, to prove that it would be found.
set -euo pipefail

# Every #include of C and C++ files below $1 (a folder, or nothing if it is absent), as FILE:LINE:INCLUDE
includes() {
  [[ -d $1 ]] || return 0
  grep -rnE --include='*.'{h,hpp,cuh,c,cc,cpp,cu,inc,in} '^[[:space:]]*#[[:space:]]*(include|import)|__has_include' "$1" || [[ $? == 1 ]]
}

# bad FOLDER PATTERN WHY: every include below FOLDER that matches PATTERN, behind its < or "
bad() {
  local folder=$1 pattern=$2 why=$3
  includes "$folder" | { grep -E "[<\"](\./|\.\./)*($pattern)" || [[ $? == 1 ]]; } | sed "s|\$|    ($why)|"
}

# bad_includes SOURCE_FOLDER
bad_includes() (
  cd "$1"
  local json='nlohmann/|json\.hpp|json_fwd\.hpp' mpi='mpi[.-]|mpi\.h|openmpi/|mpich/'
  local cuda='cuda|cublas|cudnn|cufft|curand|cusparse|cutlass|nccl|nvml|nvtx|mma\.h|driver_types\.h|[a-z_/]*/(cuda|nccl)/'
  bad kernels 'collectives/|harness/' "kernels/ includes from neither layer above it"
  bad kernels "$mpi" "no MPI in kernels/"
  bad kernels "$json" "no JSON in kernels/"
  bad collectives 'harness/' "collectives/ does not include from harness/"
  bad collectives "$json" "no JSON in collectives/"
  for folder in kernels collectives harness; do
    bad "$folder" '(harness/)?(app/)?exit_code\.hpp' "exit codes are for harness/app alone" |
      grep -vE '^(harness/app|harness/tests)/' || [[ $? == 1 ]]
    bad "$folder" "$cuda" "no CUDA in the program; what is in the module says // needs:" |
      while IFS= read -r line; do
        [[ $line =~ ^[^:]*/(cuda|nccl)/[^:/]*\.(h|hpp|cuh): || $line =~ ^[a-z]+/tests/ ]] ||
          grep -qE '^// needs:.*\<(cuda|cublaslt|cudnn|nccl|sm_90a)\>' "${line%%:*}" || echo "$line"
      done
  done
)

failures=0
fail() {
  failures=$((failures + 1))
  echo "FAILED: $1"
}

# plant FILE TEXT EXPECTED: a tree of this one file has EXPECTED bad includes
plant() {
  local tree found
  tree=$(mktemp -d)
  mkdir -p "$tree"/{kernels,collectives,harness} "$tree/$(dirname "$1")"
  printf '%s\n' "$2" >"$tree/$1"
  found=$(bad_includes "$tree" | grep -c . || true)
  rm -rf "$tree"
  [[ $found == "$3" ]] || fail "$2 in $1: $3 bad includes expected, $found found"
}

plant kernels/measure/loop.cpp '#include "collectives/busbw.hpp"' 1
plant kernels/measure/loop.hpp '#include "harness/run/world.hpp"' 1
plant kernels/measure/loop.hpp '  #  include  <harness/run/world.hpp>' 1
plant kernels/measure/loop.hpp '#include "../../harness/run/world.hpp"' 1
plant kernels/tests/loop_test.cpp '#include "collectives/busbw.hpp"' 1
plant kernels/gemm/kernel.cu '#include "collectives/busbw.hpp"' 1
plant kernels/device/device.hpp '#include <mpi.h>' 1
plant kernels/device/device.hpp '#include <mpi-ext.h>' 1
plant kernels/device/device.hpp '#include <nlohmann/json_fwd.hpp>' 1
plant collectives/pattern.hpp '#include "harness/run/world.hpp"' 1
plant collectives/pattern.hpp '#include <nlohmann/json.hpp>' 1
plant harness/run/run.cpp '#include "harness/app/exit_code.hpp"' 1
plant kernels/device/error.cpp '#include "exit_code.hpp"' 1
plant kernels/device/device.hpp '#include <cuda_runtime.h>' 1
plant harness/run/run.cpp '#include <nccl.h>' 1
plant kernels/registry.cpp '#include "kernels/device/cuda/check.hpp"' 1
plant kernels/device/cuda/check.cpp '#include <cuda_runtime_api.h>' 1
plant kernels/tests/device/clock_test.cpp '#include "kernels/device/cuda/clock_reading.hpp"' 0
plant kernels/device/cuda/check.hpp '#include <cuda_runtime_api.h>' 0
plant kernels/gemm/cublaslt.cpp $'// needs: cuda cublaslt\n#include <cublasLt.h>' 0
plant kernels/measure/loop.cpp '#include "kernels/measure/loop.hpp"' 0
plant kernels/measure/loop.cpp '// see harness/run/world.hpp and <mpi.h>' 0
plant collectives/mpi/check.hpp '#include <mpi.h>' 0
plant collectives/pattern.hpp '#include "kernels/verify/digest.hpp"' 0
plant harness/app/run.cpp '#include "harness/app/exit_code.hpp"' 0
plant harness/tests/exit_code_test.cpp '#include "harness/app/exit_code.hpp"' 0
plant harness/run/world.hpp $'#include "collectives/communicator.hpp"\n#include "kernels/workload.hpp"\n#include <nlohmann/json.hpp>' 0

# against the tree itself: a grep that finds no include at all would find no bad one either
total=$(for folder in kernels collectives harness; do includes "$1/$folder"; done | wc -l)
((total > 100)) || fail "only $total includes were found in $1"
found=$(bad_includes "$1")
[[ -z $found ]] || fail "includes against the arrows:"$'\n'"$found"

echo "$total includes, $failures failed"
((failures == 0))
