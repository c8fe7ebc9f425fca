#!/usr/bin/env bash
# What the loops of kernels/peak became in machine code, as cuobjdump disassembles it: inside the loop, between the target
# of a backward branch and that branch, exactly the instructions that the work formulas count, and no access to memory.
# The assembler drops instructions whose results it can see nobody reads, and knows how to move what does not change out
# of a loop; a rate would then be too good to be true. Exit 77 without cuobjdump.
#
#   peak_sass_test.sh SOURCE_FOLDER BUILD_FOLDER
set -euo pipefail
source_folder=$(cd "$1" && pwd)
build=$2
# shellcheck source=harness/tests/scripts/common.sh
source "$source_folder/harness/tests/scripts/common.sh"

need_cuobjdump "$source_folder"

# The counts that the kernels and their work formulas are made from.
constant() {
  sed -n "s/^inline constexpr int $1 = \([0-9]*\);.*/\1/p" "$source_folder/kernels/peak/"*.hpp
}
fma=$(($(constant fma_chains) * $(constant fma_steps)))
mma=$(($(constant mma_rows) * $(constant mma_columns) * $(constant mma_steps)))
wgmma=$(constant wgmma_steps)

# loops OBJECT: a line "sm_90 FUNCTION INSTRUCTION COUNT MEMORY" for each kernel: the most frequent arithmetic instruction
# of its longest loop, how often it is there, and how many accesses to local or global memory.
loops() {
  "$cuobjdump" -sass "$1" 2>/dev/null | python3 -c '
import collections, re, sys
arch, function, code = "", "", []
def report():
    best = None
    for at, op, rest in code:
        target = re.match(r"(?:U?P\d+, *)?`?\(?(0x[0-9a-f]+)", rest)
        if op != "BRA" or not target or int(target[1], 16) >= at: continue
        inside = [o for a, o, _ in code if int(target[1], 16) <= a <= at]
        if best is None or len(inside) > len(best): best = inside
    if not function or not best: return
    kinds = collections.Counter(o for o in best if re.match(r"(DFMA|FFMA|[A-Z]*MMA\.)", o))
    (kind, count), = kinds.most_common(1) or [("none", 0)]
    memory = sum(bool(re.match(r"(LD|ST|LDG|STG|LDL|STL)(\.|$)", o)) for o in best)
    print(arch, function, kind, count, memory)
for line in sys.stdin:
    if found := re.search(r"arch = (sm_\w+)", line):
        report(); function, code, arch = "", [], found[1]
    elif found := re.search(r"Function : (\S+)", line):
        report(); function, code = found[1], []
    elif found := re.match(r"\s+/\*([0-9a-f]{4,})\*/\s+(?:@!?U?P\w+ )?([A-Z][\w.]*)\s*([^;]*);", line):
        code.append((int(found[1], 16), found[2], found[3].strip()))
report()'
}

# check_loop ARCHITECTURE KERNEL INSTRUCTION COUNT: of the kernels whose mangled name has KERNEL
check_loop() {
  local found
  found=$(grep "^$1 " <<<"$all" | grep -F "$2" | cut -d ' ' -f 3- | sort -u) || true # none is a failed check
  check "the loop of $2 on $1: instruction, count, memory accesses" "$3 $4 0" "$found"
}

all=$(for object in "$build"/CMakeFiles/petaproof_needs_*.dir/kernels/peak/*.cu.o; do loops "$object"; done)

for arch in sm_80 sm_90; do
  check_loop "$arch" 8fma_loopIf FFMA "$fma"
  check_loop "$arch" 8fma_loopId DFMA "$fma"
  check_loop "$arch" MmaTf32M16N8K4 HMMA.1684.F32.TF32 "$mma"
  check_loop "$arch" MmaTf32M16N8K8 HMMA.1688.F32.TF32 "$mma"
  check_loop "$arch" MmaBf16M16N8K8 HMMA.1688.F32.BF16 "$mma"
  check_loop "$arch" MmaBf16M16N8K16 HMMA.16816.F32.BF16 "$mma"
  check_loop "$arch" MmaFp16M16N8K8 HMMA.1688.F32 "$mma"
  check_loop "$arch" MmaFp16M16N8K16 HMMA.16816.F32 "$mma"
  check_loop "$arch" MmaInt8M8N8K16 IMMA.8816.S8.S8 "$mma"
  check_loop "$arch" MmaInt8M16N8K16 IMMA.16816.S8.S8 "$mma"
  check_loop "$arch" MmaInt8M16N8K32 IMMA.16832.S8.S8 "$mma"
done
check_loop sm_80 MmaFp64M8N8K4 DMMA.884 "$mma"
check_loop sm_90 MmaFp64M8N8K4 DMMA.8x8x4 "$mma"
check_loop sm_90 MmaFp64M16N8K4 DMMA.16x8x4 "$mma"
check_loop sm_90 MmaFp64M16N8K8 DMMA.16x8x8 "$mma"
check_loop sm_90 MmaFp64M16N8K16 DMMA.16x8x16 "$mma"
# A in registers and in shared memory: two kernels of one name, which must be alike
for n in 128 256; do
  check_loop sm_90a "WgmmaTf32N$n" "HGMMA.64x${n}x8.F32.TF32" "$wgmma"
  check_loop sm_90a "WgmmaBf16N$n" "HGMMA.64x${n}x16.F32.BF16" "$wgmma"
  check_loop sm_90a "WgmmaFp16N$n" "HGMMA.64x${n}x16.F32" "$wgmma"
  check_loop sm_90a "WgmmaFp8N$n" "QGMMA.64x${n}x32.F32.E4M3.E4M3" "$wgmma"
  check_loop sm_90a "WgmmaInt8N$n" "IGMMA.64x${n}x32.S8.S8" "$wgmma"
done

# Nothing spilled: no kernel of theirs has a stack or local memory.
for object in "$build"/CMakeFiles/petaproof_needs_*.dir/kernels/peak/*.cu.o; do
  usage=$("$cuobjdump" --dump-resource-usage "$object" 2>/dev/null | grep 'REG:')
  check_like "resources of $object" "*STACK:0*" "$usage"
  check "spills of $object" '' "$(grep -vE 'STACK:0 .*LOCAL:0 ' <<<"$usage" || true)"
done
finish
