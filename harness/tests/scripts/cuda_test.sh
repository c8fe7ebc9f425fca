#!/usr/bin/env bash
# Tests how scripts/ set CUDA up, with stubs and without a network: a toolkit that is there is used, wheels are asked
# for where it lacks something, and where they cannot be had the program is built from what there is.
#
#   cuda_test.sh SOURCE_FOLDER
set -euo pipefail
source_folder=$(cd "$1" && pwd)
# shellcheck source=harness/tests/scripts/common.sh
source "$source_folder/harness/tests/scripts/common.sh"

stub_project "$source_folder"
setup=$project/scripts/setup wrapper=$project/scripts/petaproof
unset PETAPROOF_PRESET CUDACXX CUDA_PATH CUDA_HOME CUBLASLT_HOME NCCL_HOME CUDNN_HOME CUDNN_FRONTEND_HOME "${!OMPI_@}"
# pip looks nowhere, and finds it out at once
export PIP_NO_INDEX=1 PIP_FIND_LINKS=$work/no-wheels PIP_CONFIG_FILE=/dev/null
mkdir "$work/no-wheels"

# Sets $hidden, the words before a command that is to see no toolkit of this machine: root can hide one; for others the
# test is skipped where there is one.
find_a_way_to_hide() {
  local folders=()
  hidden=(env PATH="$work/bin:/usr/bin:/bin")
  mkdir -p "$work/bin"
  [[ ! -x /usr/local/cuda/bin/nvcc ]] || folders=("$(readlink -f /usr/local/cuda)")
  if [[ -x /usr/bin/nvcc ]]; then
    echo "skipped: /usr/bin/nvcc cannot be hidden"
    exit 77
  elif ((${#folders[@]})); then
    unshare -m true 2>/dev/null || {
      echo "skipped: only root could hide ${folders[0]}"
      exit 77
    }
    # shellcheck disable=SC2016  # for the inner shell
    hidden=(unshare -m bash -c 'mount -t tmpfs none "$0" && exec "$@"' "${folders[0]}" "${hidden[@]}")
  fi
  # what the rest of the set-up needs from elsewhere
  local tool
  for tool in cmake ninja python3 mpirun c++ git; do
    ln -sf "$(command -v "$tool")" "$work/bin/$tool"
  done
}

a_toolkit_that_has_all() {
  toolkit "$work/new" 13.0
  call "${hidden[@]}" env CUDA_PATH="$work/new" "$setup" --cuda --print
  check "exit code with a whole toolkit" 0 "$code"
  check_like "facts of a whole toolkit" "*CUDA, compiler: $work/new/bin/nvcc (13.0)*cuBLASLt: the machine's own*" "$err"
  call "${hidden[@]}" env CUDA_PATH="$work/new" "$setup" --cuda
  check "exit code of setup with a whole toolkit" 0 "$code"
  check "output of setup with a whole toolkit" '' "$out$err"
}

a_toolkit_that_lacks_something() {
  toolkit "$work/partial" 13.1
  rm "$work/partial/include/nccl.h"
  call "${hidden[@]}" env CUDA_PATH="$work/partial" "$setup" --cuda --print
  check "exit code with a toolkit without NCCL" 4 "$code"
  check_like "plan with a toolkit without NCCL" "*would install into .venv: nvidia-nccl-cu13==*" "$err"
  check "wheels of the compiler with a toolkit" 0 "$(grep -c 'install into .venv.*nvcc' <<<"$err")"
  toolkit "$work/headers" 13.0
  rm "$work/headers/include/cudnn_frontend.h"
  call "${hidden[@]}" env CUDA_PATH="$work/headers" "$setup" --cuda --print
  check "exit code with a toolkit without cuDNN's frontend" 4 "$code"
  check_like "plan with a toolkit without cuDNN's frontend" \
    "*would install into .venv: nvidia-cudnn-frontend==*" "$err"
  toolkit "$work/other" 12.9
  rm "$work/other/include/nccl.h"
  call "${hidden[@]}" env CUDA_PATH="$work/other" "$setup" --cuda --print
  check "exit code with CUDA 12.9 without NCCL" 0 "$code"
  check_like "no wheel fits CUDA 12.9" "*NCCL: none; the wheel is for CUDA 13*" "$err"
}

no_toolkit() {
  toolkit "$work/old" 11.8
  call "${hidden[@]}" env CUDA_PATH="$work/old" "$setup" --cuda --print
  check "exit code without a toolkit that is new enough" 4 "$code"
  check_like "plan without a toolkit" \
    "*would install into .venv: nvidia-cuda-nvcc==* nvidia-cublas==* nvidia-nccl-cu13==*" "$err"
  call "${hidden[@]}" "$setup" --print
  check "CUDA is not asked for without --cuda" 0 "$code"
  check_like "but told of" "*CUDA, compiler: no CUDA toolkit*" "$err"
  call "${hidden[@]}" "$setup" --cuda
  check "exit code of setup without wheels" 4 "$code"
  check_like "message of setup without wheels" "*pip could not install nvidia-cuda-nvcc==*" "$err"
}

# The stub project builds for any preset; the names of its two targets tell which.
the_program_goes_on() {
  # shellcheck disable=SC2016  # CMake's variable
  echo 'add_custom_target(petaproof_cuda COMMAND touch "${PROJECT_BINARY_DIR}/module")' >>"$project/CMakeLists.txt"
  call "${hidden[@]}" "$wrapper" run smoke --backend cuda
  check "exit code without any CUDA" 0 "$code"
  check_like "message without any CUDA" "*there is no CUDA compiler: going on with preset host*" "$err"
  check "what was built" host "$(cd "$project/build" && find host cuda -maxdepth 0 2>/dev/null)"
  call "${hidden[@]}" "$wrapper" run smoke --backend=cuda
  check_like "the failed set-up is not repeated" "petaproof: CUDA's set-up failed less than an hour ago*" "$err"
  call "${hidden[@]}" env PETAPROOF_PRESET=cuda "$wrapper" run smoke
  check "exit code when CUDA is insisted on" 4 "$code"
  rm "$project/build/.setup-cuda-failed"
  call "${hidden[@]}" env CUDA_PATH="$work/partial" "$wrapper" run smoke --backend cuda
  check "exit code with the toolkit alone" 0 "$code"
  check_like "message with the toolkit alone" "*going on with the CUDA that is here*" "$err"
  check "the module is built" yes "$([[ -e $project/build/cuda/module ]] && echo yes)"
  rm -r "$project/build/cuda" "$project/build/.setup-cuda-failed"
  call "${hidden[@]}" env CUDA_PATH="$work/new" "$wrapper" run smoke --backend cuda
  check "exit code with a whole toolkit" 0 "$code"
  check "stderr with a whole toolkit" "petaproof: configuring preset cuda" "$err"
  check "the module is built" yes "$([[ -e $project/build/cuda/module ]] && echo yes)"
}

find_a_way_to_hide
if [[ -e /dev/nvidiactl ]]; then
  echo "skipped: with a GPU every call of scripts/petaproof sets CUDA up"
  exit 77
fi
a_toolkit_that_has_all
a_toolkit_that_lacks_something
no_toolkit
the_program_goes_on
finish
