#!/usr/bin/env bash
# Reads what the loader would have to find: the program needs no CUDA library, and neither it nor the module is linked
# with the driver or with NVML, which machines without a GPU do not have.
#
#   dynamic_section_test.sh SOURCE_FOLDER PROGRAM [MODULE]
set -euo pipefail
source_folder=$(cd "$1" && pwd)
# shellcheck source=harness/tests/scripts/common.sh
source "$source_folder/harness/tests/scripts/common.sh"

# needed FILE: the names of its NEEDED entries
needed() { readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

# none_of WHAT PATTERN FILE
none_of() { check "$1" '' "$(needed "$3" | grep -iE "$2" | paste -sd ' ')"; }

program=$2 module=${3:-}
check_like "the program's libraries are read" "*libmpi.so*" "$(needed "$program")"
none_of "CUDA libraries of the program" 'cuda|cublas|cudnn|nccl|nvidia|nvml|nvrtc|petaproof' "$program"
if [[ -n $module ]]; then
  check_like "the module's libraries are read" "*libcudart.so*" "$(needed "$module")"
  none_of "driver and NVML libraries of the module" '^lib(cuda|nvidia-[a-z]*|nvcuvid)\.so' "$module"
fi
finish
