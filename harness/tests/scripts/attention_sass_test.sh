#!/usr/bin/env bash
# Whether attention/hopper computes its exponentials while the tensor cores multiply, in machine code as cuobjdump
# disassembles it. The source has them before the wait for the output; the assembler once moved them all behind it, and
# no result shows that. Exit 77 without cuobjdump.
#
#   attention_sass_test.sh SOURCE_FOLDER BUILD_FOLDER
set -euo pipefail
source_folder=$(cd "$1" && pwd)
build=$2
# shellcheck source=harness/tests/scripts/common.sh
source "$source_folder/harness/tests/scripts/common.sh"

need_cuobjdump "$source_folder"

# overlapped OBJECT: for each place where one group of products is left in flight, the exponentials before the next wait
overlapped() {
  "$cuobjdump" -sass "$1" 2>/dev/null | awk '
    /WARPGROUP\.DEPBAR\.LE gsb0, 0x1/ { inside = 1; count = 0; next }
    /WARPGROUP\.DEPBAR/ && inside { print count; inside = 0 }
    /MUFU\.EX2/ { ++count }'
}

# Of each of two kernels, d = 64 and 128, two loops: masked and unmasked blocks. A thread has 64 scores, and two rows whose
# sums are corrected.
check "exponentials beside products, of four loops" "66 66 66 66" \
  "$(overlapped "$build"/CMakeFiles/petaproof_needs_sm_90a.dir/kernels/attention/hopper.cu.o | paste -sd ' ')"
finish
