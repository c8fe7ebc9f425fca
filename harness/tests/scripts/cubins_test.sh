#!/usr/bin/env bash
# What machine code the module's objects hold, as cuobjdump reads it: portable files for A100 and H100 with PTX for
# what comes later, files that need Hopper's own instructions for sm_90a and nothing else. Exit 77 without cuobjdump.
#
#   cubins_test.sh SOURCE_FOLDER BUILD_FOLDER
set -euo pipefail
source_folder=$(cd "$1" && pwd)
build=$2
# shellcheck source=harness/tests/scripts/common.sh
source "$source_folder/harness/tests/scripts/common.sh"

need_cuobjdump "$source_folder"

# architectures FILE: "sm_80 sm_90" of its machine code, then "ptx sm_100" of its PTX
architectures() {
  {
    "$cuobjdump" --list-elf "$1" 2>/dev/null | grep -oE 'sm_[0-9]+[a-z]?' || true
    "$cuobjdump" --list-ptx "$1" 2>/dev/null | grep -oE 'sm_[0-9]+[a-z]?' | sed 's/^/ptx_/' || true
  } | sort -uV | paste -sd ' '
}

objects=0
while read -r object; do
  objects=$((objects + 1))
  case $object in
    */petaproof_needs_*sm_90a*.dir/*) wanted="sm_90a" ;;
    *) wanted="ptx_sm_100 sm_80 sm_90" ;;
  esac
  check "architectures of $object" "$wanted" "$(architectures "$object")"
done < <(find "$build/CMakeFiles"/petaproof_needs_*.dir -name '*.cu.o')
check "there are objects of device code" yes "$( ((objects > 0)) && echo yes)"
finish
